/*
 * Load generator of the bench: many UDP clients from one process, so that what is measured is what
 * lies between client and backend and not the client.
 *
 * A Node sender, and any that has a socket for each client, needs a system call for each packet and
 * is slower than the routers it should measure. This one writes whole IPv4 packets with sendmmsg
 * through one raw socket, from as many addresses and ports as it is told, and reads the answers
 * with recvmmsg from one packet socket. UDP checksums are left out, as RFC 768 allows.
 *
 * load FIRST-ADDRESS SESSIONS DEVICE TO-ADDRESS TO-PORT SIZE SECONDS MODE VALUE
 *   closed N   N packets in flight: how many come back in a second, and how long each takes
 *   open R     R packets a second: how many are lost
 *   flood 0    as many as it can, to whom nothing comes back from
 *
 * First each session sends until it has been answered, so that none is new while one measures.
 * Sessions have ports 10000 to 59999 of FIRST-ADDRESS, then of the next address. SIZE is the payload
 * in bytes, 24 at least. Prints one line of JSON.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"

#define BATCH 64
#define MAX_PAYLOAD 1472
#define FIRST_PORT 10000
#define PORTS 50000
#define MARK 0x62656e63u /* "benc": ours, and not a director's acknowledgement */
/* New sessions a second that are tried. */
#define SETUP_RATE 25000
#define SETUP_SECONDS 40

/*
 * Answers after which a session is left alone while others are new. A client that has something to
 * say goes on: one packet shows that it is no spoofed one, the next makes the kernel's flow, and
 * until then what forwards in the kernel holds a socket for it.
 */
#define ANSWERS 3

struct stamp {
  uint32_t mark;
  uint32_t session;
  uint64_t sent;
  uint64_t run;
};

struct packet {
  struct iphdr ip;
  struct udphdr udp;
  unsigned char payload[MAX_PAYLOAD];
} __attribute__((packed));

static struct packet packets[BATCH];
static struct iovec vectors[BATCH];
static struct mmsghdr headers[BATCH];
static struct sockaddr_in to;
static int sender, receiver;
static uint32_t first_address, sessions, next_session, known;
static unsigned char *seen;
static uint16_t to_port;
static int size;
static uint64_t run, sent, received;

static void fill(int slot, uint32_t session, int length) {
  struct packet *p = &packets[slot];
  memset(&p->ip, 0, sizeof p->ip);
  p->ip.version = 4;
  p->ip.ihl = 5;
  p->ip.ttl = 64;
  p->ip.protocol = IPPROTO_UDP;
  p->ip.saddr = htonl(first_address + session / PORTS);
  p->ip.daddr = to.sin_addr.s_addr;
  p->udp.source = htons((uint16_t)(FIRST_PORT + session % PORTS));
  p->udp.dest = htons(to_port);
  p->udp.len = htons((uint16_t)(sizeof p->udp + (size_t)length));
  p->udp.check = 0;
  vectors[slot].iov_len = sizeof p->ip + sizeof p->udp + (size_t)length;
}

static void flush(int count) {
  for (int done = 0; done < count;) {
    int n = sendmmsg(sender, headers + done, (unsigned)(count - done), 0);
    if (n < 0 && (errno == ENOBUFS || errno == EAGAIN || errno == EINTR)) continue;
    if (n < 0) die("sendmmsg");
    done += n;
  }
}

static void send_data(int count) {
  uint64_t at = now();
  for (int i = 0; i < count; i++) {
    struct stamp stamp = {MARK, next_session, at, run};
    fill(i, next_session, size);
    memcpy(packets[i].payload, &stamp, sizeof stamp);
    next_session = (next_session + 1) % sessions;
  }
  flush(count);
  sent += (uint64_t)count;
}

/* Reads what has come, up to a batch; the number of our own packets among it. */
static int receive(int timeout_ms) {
  static unsigned char buffers[BATCH][2048];
  static struct iovec into[BATCH];
  static struct mmsghdr messages[BATCH];
  for (int i = 0; i < BATCH; i++) {
    into[i] = (struct iovec){buffers[i], sizeof buffers[i]};
    messages[i].msg_hdr.msg_iov = &into[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  int n = recvmmsg(receiver, messages, BATCH, MSG_DONTWAIT, NULL);
  if (n < 0 && errno == EAGAIN && timeout_ms > 0) {
    struct pollfd waiting = {receiver, POLLIN, 0};
    poll(&waiting, 1, timeout_ms);
    n = recvmmsg(receiver, messages, BATCH, MSG_DONTWAIT, NULL);
  }
  if (n < 0) return 0;
  uint64_t at = now();
  int own = 0;
  for (int i = 0; i < n; i++) {
    const struct packet *p = (const struct packet *)buffers[i];
    if (messages[i].msg_len < sizeof p->ip + sizeof p->udp + sizeof(struct stamp)) continue;
    if (p->ip.protocol != IPPROTO_UDP || p->ip.saddr != to.sin_addr.s_addr) continue;
    struct stamp stamp;
    memcpy(&stamp, p->payload, sizeof stamp);
    if (stamp.mark != MARK || stamp.run != run) continue;
    latency[bucket(at - stamp.sent)]++;
    if (stamp.session < sessions && seen[stamp.session] < ANSWERS) {
      if (seen[stamp.session]++ == 0) known++;
    }
    own++;
  }
  received += (uint64_t)own;
  return own;
}

/* Seconds until every session has been answered, or until the limit. */
static double establish(double limit) {
  uint64_t start = now(), end = start + (uint64_t)(limit * 1e9);
  while (known < sessions && now() < end) {
    uint64_t pass = now(), count = 0;
    for (uint32_t n = 0; n < sessions && now() < end; n++) {
      if (seen[n] == ANSWERS) continue;
      next_session = n;
      send_data(1);
      receive(0);
      uint64_t due = pass + ++count * 1000000000u / SETUP_RATE;
      while (now() < due) receive(0);
    }
    /* What is on its way is not asked for again. */
    for (uint64_t last = now(); known < sessions && now() - last < 100000000;) {
      if (receive(5) > 0) last = now();
    }
  }
  next_session = 0;
  return (double)(now() - start) / 1e9;
}

static void closed_loop(uint64_t end, int window) {
  for (int left = window; left > 0; left -= BATCH) send_data(left < BATCH ? left : BATCH);
  uint64_t last = now();
  while (now() < end) {
    int own = receive(1);
    if (own > 0) {
      last = now();
      send_data(own);
    } else if (now() - last > 20000000) {
      /* All that was in flight is lost. */
      last = now();
      for (int left = window; left > 0; left -= BATCH) send_data(left < BATCH ? left : BATCH);
    }
  }
}

static void open_loop(uint64_t start, uint64_t end, double rate) {
  for (uint64_t at = start; at < end; at = now()) {
    double due = (double)(at - start) * rate / 1e9 - (double)sent;
    if (due >= 1) send_data(due < BATCH ? (int)due : BATCH);
    receive(0);
  }
}

int main(int argc, char **argv) {
  if (argc < 10) {
    fprintf(stderr, "see the beginning of load.c\n");
    return 2;
  }
  struct in_addr first;
  inet_aton(argv[1], &first);
  first_address = ntohl(first.s_addr);
  sessions = (uint32_t)atoi(argv[2]);
  to.sin_family = AF_INET;
  inet_aton(argv[4], &to.sin_addr);
  to_port = (uint16_t)atoi(argv[5]);
  size = atoi(argv[6]);
  if (size < (int)sizeof(struct stamp)) size = sizeof(struct stamp);
  if (size > MAX_PAYLOAD) size = MAX_PAYLOAD;
  sender = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
  if (sender < 0) die("raw socket");
  receiver = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
  if (receiver < 0) die("packet socket");
  struct sockaddr_ll device = {.sll_family = AF_PACKET,
                               .sll_protocol = htons(ETH_P_IP),
                               .sll_ifindex = (int)if_nametoindex(argv[3])};
  if (bind(receiver, (struct sockaddr *)&device, sizeof device) < 0) die(argv[3]);
  int buffer = 64 << 20, off = 1;
  setsockopt(receiver, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
  setsockopt(receiver, SOL_PACKET, PACKET_IGNORE_OUTGOING, &off, sizeof off);
  for (int i = 0; i < BATCH; i++) {
    vectors[i].iov_base = &packets[i];
    headers[i].msg_hdr =
        (struct msghdr){.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &vectors[i], .msg_iovlen = 1};
  }
  seen = calloc(sessions, 1);
  if (seen == NULL) die("calloc");

  run = 1;
  int answered = strcmp(argv[8], "flood") != 0;
  double setup = answered ? establish(SETUP_SECONDS) : 0;
  for (uint64_t warm = now() + 100000000; answered && now() < warm;) {
    send_data(1);
    receive(1);
  }
  run = 2;
  sent = received = 0;
  memset(latency, 0, sizeof latency);
  double seconds = atof(argv[7]), amount = atof(argv[9]);
  uint64_t start = now(), end = start + (uint64_t)(seconds * 1e9);
  if (strcmp(argv[8], "closed") == 0) closed_loop(end, (int)amount);
  else if (!answered) while (now() < end) send_data(BATCH);
  else open_loop(start, end, amount);
  double took = (double)(now() - start) / 1e9;
  /* What is on its way still counts as received, not as a packet a second. */
  uint64_t in_time = received;
  uint64_t last = now() + 100000000;
  /* On a busy machine even the first answer may take its time. */
  while (now() < last || (answered && received == 0 && now() < last + 5000000000u)) receive(10);
  print_measured(sent, received, took, (double)in_time / took, known, setup);
  return 0;
}
