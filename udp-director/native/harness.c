/*
 * Tests of the native data path without JavaScript, to be run under a sanitizer: random steps
 * against models that are too simple to be wrong, and an engine on loopback that is told things at
 * random while packets pass.
 *
 * harness SEED ROUNDS
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ring.h"
#include "worker.h"

#define HOLD(condition)                                                        \
  do {                                                                         \
    if (!(condition)) {                                                        \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);          \
      exit(1);                                                                 \
    }                                                                          \
  } while (0)

static uint64_t state;

static uint32_t draw(uint32_t below) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 33) % below;
}

/* --- the table: what was put in is found, and nothing else --- */

#define CLIENTS 400

static void test_table(unsigned steps) {
  struct table table;
  struct client clients[CLIENTS];
  struct flow *held[CLIENTS] = {0};
  size_t count = 0;
  HOLD(table_open(&table, ((uint64_t)draw(1u << 31) << 31) | draw(1u << 31)));
  for (uint32_t at = 0; at < CLIENTS; at++) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)(at % 7 + 1))};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = v4.sin_port};
    v4.sin_addr.s_addr = htonl(0x7f000000u + at);
    v6.sin6_addr.s6_addr[0] = at % 4 == 1 ? 0xfe : 0x20;
    v6.sin6_addr.s6_addr[1] = 0x80;
    v6.sin6_addr.s6_addr[15] = (uint8_t)(at / 4);
    v6.sin6_scope_id = at % 4 == 1 ? at : 0;
    client_of(&clients[at], at % 2 ? (void *)&v6 : (void *)&v4, at % 3);
  }
  for (unsigned step = 0; step < steps; step++) {
    uint32_t at = draw(CLIENTS);
    struct slot *slot = table_find(&table, &clients[at]);
    HOLD(held[at] == NULL ? slot == NULL : slot != NULL && slot->flow == held[at]);
    if (slot != NULL && draw(2) == 0) {
      table_free(&table, slot);
      held[at] = NULL;
      count--;
    } else {
      slot = table_claim(&table, &clients[at]);
      HOLD(slot != NULL && slot->flow == held[at]);
      count += held[at] == NULL;
      slot->flow = held[at] = (struct flow *)(uintptr_t)(step + 1);
    }
    HOLD(table.count == count);
  }
  for (uint32_t at = 0; at < CLIENTS; at++) {
    struct slot *slot = table_find(&table, &clients[at]);
    HOLD((slot == NULL ? NULL : slot->flow) == held[at]);
  }
  table_close(&table);
}

/* --- the ring: records come out whole, in order, and none is made up --- */

static void test_ring(unsigned steps) {
  struct ring ring;
  uint8_t payload[700], out[2048];
  uint32_t pushed = 0, drained = 0;
  HOLD(ring_open(&ring, 4096));
  for (unsigned step = 0; step < steps; step++) {
    struct record record = {.length = draw(sizeof payload), .id = pushed, .address_length = (uint8_t)draw(60)};
    memset(payload, (int)(pushed & 0xff), sizeof payload);
    if (draw(2) && ring_push(&ring, &record, payload, payload)) pushed++;
    size_t used = draw(2) ? ring_drain(&ring, out, 800 + draw(sizeof out - 800)) : 0;
    for (size_t at = 0; at < used;) {
      memcpy(&record, out + at, sizeof record);
      HOLD(record.id == drained);
      size_t length = record.address_length + record.length;
      for (size_t byte = 0; byte < length; byte++)
        HOLD(out[at + sizeof record + byte] == (uint8_t)drained);
      at += sizeof record + length;
      HOLD(at <= used);
      drained++;
    }
    HOLD(ring.drained == drained && ring.pushed == pushed);
    if (draw(4) == 0) ring_handled(&ring);
  }
  while (ring_drain(&ring, out, sizeof out) > 0) continue;
  HOLD(ring_empty(&ring) && ring.drained == pushed);
  ring_close(&ring);
}

/* --- an engine: told things at random while packets of all sizes pass --- */

#define FLOWS 24
#define WORKERS 2

static atomic_uint told;

static void hear(void *context, uint32_t worker) {
  (void)context;
  (void)worker;
  atomic_fetch_add(&told, 1);
}

struct peer {
  int fd;
  struct place place;
};

static struct peer open_peer(const char *address) {
  struct peer peer;
  HOLD(place_parse(&peer.place, address, 0));
  peer.fd = socket(peer.place.at.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  HOLD(peer.fd >= 0);
  HOLD(bind(peer.fd, &peer.place.at.any, peer.place.length) == 0);
  HOLD(getsockname(peer.fd, &peer.place.at.any, &peer.place.length) == 0);
  return peer;
}

static uint8_t big[70000];
static const uint8_t MAGIC[] = {0xff, 0xff, 'R'};

/* Random bytes of a random size; now and then a control packet. */
static size_t make_packet(uint8_t *into) {
  size_t length = draw(20) == 0 ? draw(60000) : draw(200);
  for (size_t at = 0; at < length && at < 64; at++) into[at] = (uint8_t)draw(256);
  if (length >= sizeof MAGIC && draw(10) == 0) memcpy(into, MAGIC, sizeof MAGIC);
  return length;
}

/* The backend sends back whatever it gets. */
static void echo(const struct peer *backend) {
  struct place from = {.length = sizeof from.at};
  for (ssize_t length; from.length = sizeof from.at,
                       (length = recvfrom(backend->fd, big, sizeof big, 0, &from.at.any,
                                          &from.length)) >= 0;)
    sendto(backend->fd, big, (size_t)length, 0, &from.at.any, from.length);
}

static size_t drain_all(struct engine *engine) {
  static uint8_t records[128 * 1024];
  size_t seen = 0;
  for (uint32_t worker = 0; worker < WORKERS; worker++) {
    for (size_t used; (used = engine_drain(engine, worker, records, sizeof records)) > 0;) {
      for (size_t at = 0; at < used; seen++) {
        struct record record;
        memcpy(&record, records + at, sizeof record);
        at += sizeof record + record.address_length + record.length;
        HOLD(at <= used);
      }
      if (draw(2)) engine_handled(engine, worker);
    }
    engine_handled(engine, worker);
  }
  return seen;
}

static bool sizes_add_up(const uint64_t totals[COUNTERS]) {
  uint64_t to_backend = 0, to_client = 0;
  for (int at = 0; at < SIZES; at++) {
    to_backend += totals[TO_BACKEND_SIZES + at];
    to_client += totals[TO_CLIENT_SIZES + at];
  }
  return to_backend == totals[TO_BACKEND_PACKETS] && to_client == totals[TO_CLIENT_PACKETS];
}

static void test_engine(const char *address, unsigned steps) {
  struct engine_options options = {
      .workers = WORKERS, .magic = MAGIC, .magic_length = sizeof MAGIC, .ring_size = 1 << 18, .notify = hear};
  struct engine *engine = engine_start(&options);
  HOLD(engine != NULL);
  struct place port, other;
  HOLD(place_parse(&port, address, 0));
  int listeners[WORKERS];
  for (uint32_t worker = 0; worker < WORKERS; worker++) {
    listeners[worker] =
        engine_listen(engine, worker, &port, worker == 0 ? SHARE_FIRST : SHARE_JOIN, false);
    HOLD(listeners[worker] >= 0);
    HOLD(engine_listener_place(engine, (uint32_t)listeners[worker], &port) == 0);
    HOLD(engine_receive(engine, (uint32_t)listeners[worker]) == 0);
  }
  /* A port that others share is not free for anybody else. */
  HOLD(engine_listen(engine, 0, &port, SHARE_FIRST, false) == -EADDRINUSE);
  HOLD(engine_listen(engine, WORKERS, &port, SHARE_NOT, false) == -EINVAL);
  struct peer backend = open_peer(address), client[FLOWS];
  int flows[FLOWS];
  for (int at = 0; at < FLOWS; at++) {
    client[at] = open_peer(address);
    flows[at] = -1;
  }
  size_t handed_up = 0;
  for (unsigned step = 0; step < steps; step++) {
    uint32_t at = draw(FLOWS);
    size_t length = make_packet(big);
    switch (draw(12)) {
      case 0:
        if (flows[at] >= 0) break;
        flows[at] = engine_connect(engine, (uint32_t)listeners[draw(WORKERS)], &backend.place, at);
        HOLD(flows[at] >= 0);
        HOLD(engine_flow_place(engine, (uint32_t)flows[at], &other) == 0);
        break;
      case 1:
      case 2:
        if (flows[at] >= 0)
          HOLD(engine_direct(engine, (uint32_t)flows[at], (uint32_t)listeners[draw(WORKERS)],
                             &client[at].place) == 0);
        break;
      case 3:
        if (flows[at] >= 0 && draw(3) == 0) HOLD(engine_hold(engine, (uint32_t)flows[at]) == 0);
        break;
      case 4:
        if (flows[at] < 0 || draw(3)) break;
        engine_close(engine, (uint32_t)flows[at]);
        HOLD(engine_send(engine, (uint32_t)flows[at], big, 1) == -EBADF);
        flows[at] = -1;
        break;
      case 5:
        if (flows[at] >= 0) engine_send(engine, (uint32_t)flows[at], big, length);
        break;
      case 6:
        engine_answer(engine, (uint32_t)listeners[0], &client[at].place, big, length);
        break;
      default:
        sendto(client[at].fd, big, length, 0, &port.at.any, port.length);
    }
    echo(&backend);
    if (draw(4) == 0) handed_up += drain_all(engine);
    while (recv(client[at].fd, big, sizeof big, 0) >= 0) continue;
  }
  /* At last every flow goes direct, and all that its client sends comes back. */
  for (int at = 0; at < FLOWS; at++) {
    if (flows[at] < 0)
      flows[at] = engine_connect(engine, (uint32_t)listeners[0], &backend.place, (uint32_t)at);
    /* Which worker hears the client is the kernel's choice: both are told in turn. */
    int came = 0;
    bool active = false; /* answers of the random part may still arrive, which say nothing of it */
    for (int try = 0; try < 400 && !(came >= 5 && active); try++) {
      if (try % 20 == 0)
        engine_direct(engine, (uint32_t)flows[at], (uint32_t)listeners[try / 20 % WORKERS],
                      &client[at].place);
      sendto(client[at].fd, "data", 4, 0, &port.at.any, port.length);
      usleep(200);
      echo(&backend);
      usleep(200);
      handed_up += drain_all(engine);
      while (recv(client[at].fd, big, sizeof big, 0) >= 0) came++;
      if (engine_active(engine, (uint32_t)flows[at])) active = true;
    }
    HOLD(came >= 5);
    HOLD(active);
  }
  uint64_t totals[COUNTERS];
  engine_totals(engine, totals);
  /* A worker counts a batch in two steps, after it is sent. */
  for (int wait = 0; wait < 1000 && !sizes_add_up(totals); wait++) {
    usleep(1000);
    engine_totals(engine, totals);
  }
  HOLD(sizes_add_up(totals));
  HOLD(handed_up > 0 && totals[TO_BACKEND_PACKETS] > 0 && totals[TO_CLIENT_PACKETS] > 0);
  HOLD(totals[TO_BACKEND_BYTES] > 0 && totals[RECEIVE_CALLS] > 0 && atomic_load(&told) > 0);
  uint32_t ids[4], next = 0;
  while (engine_activity(engine, ids, 4, &next) == 4) HOLD(next <= FLOWS);
  engine_deafen(engine, (uint32_t)listeners[0]);
  engine_stop(engine);
  for (int at = 0; at < FLOWS; at++) close(client[at].fd);
  close(backend.fd);
}

static void test_places(void) {
  struct place place;
  HOLD(place_parse(&place, "127.0.0.1", 1) && place.at.any.sa_family == AF_INET);
  HOLD(place_parse(&place, "::1", 1) && place.at.any.sa_family == AF_INET6);
  HOLD(place_parse(&place, "fe80::1%lo", 1) && place.at.v6.sin6_scope_id != 0);
  char text[300];
  for (int round = 0; round < 2000; round++) {
    size_t length = draw(sizeof text - 1);
    for (size_t at = 0; at < length; at++) text[at] = "0123456789abcdef:.%xlo"[draw(22)];
    text[length] = '\0';
    place_parse(&place, text, (uint16_t)draw(65536));
  }
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  state = strtoull(argv[1], NULL, 10) * 2654435761u + 88172645463325252u;
  unsigned rounds = (unsigned)atoi(argv[2]);
  test_places();
  for (unsigned round = 0; round < rounds; round++) {
    test_table(20000);
    test_ring(20000);
    test_engine("127.0.0.1", 3000);
    test_engine("::1", 3000);
  }
  printf("held\n");
  return 0;
}
