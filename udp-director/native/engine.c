#define _GNU_SOURCE
#include "engine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#include "worker.h"

/* Asked for; the kernel may grant less. */
#define DATA_PORT_BUFFER (4 * 1024 * 1024)

bool place_parse(struct place *place, const char *address, uint16_t port) {
  memset(place, 0, sizeof *place);
  if (inet_pton(AF_INET, address, &place->at.v4.sin_addr) == 1) {
    place->at.v4.sin_family = AF_INET;
    place->at.v4.sin_port = htons(port);
    place->length = sizeof place->at.v4;
    return true;
  }
  char plain[INET6_ADDRSTRLEN];
  const char *interface = strchr(address, '%');
  size_t length = interface == NULL ? strlen(address) : (size_t)(interface - address);
  if (length >= sizeof plain) return false;
  memcpy(plain, address, length);
  plain[length] = '\0';
  if (inet_pton(AF_INET6, plain, &place->at.v6.sin6_addr) != 1) return false;
  place->at.v6.sin6_family = AF_INET6;
  place->at.v6.sin6_port = htons(port);
  if (interface != NULL) {
    unsigned number = if_nametoindex(interface + 1);
    place->at.v6.sin6_scope_id = number > 0 ? number : (uint32_t)strtoul(interface + 1, NULL, 10);
  }
  place->length = sizeof place->at.v6;
  return true;
}

struct engine *engine_start(const struct engine_options *options) {
  struct engine *engine =
      calloc(1, sizeof *engine + options->workers * sizeof engine->worker[0]);
  uint64_t seed;
  if (engine == NULL || options->magic_length > MAX_MAGIC ||
      getrandom(&seed, sizeof seed, 0) != sizeof seed) {
    free(engine);
    return NULL;
  }
  memcpy(engine->magic, options->magic, options->magic_length);
  engine->magic_length = options->magic_length;
  engine->notify = options->notify;
  engine->context = options->context;
  for (uint32_t index = 0; index < options->workers; index++) {
    engine->worker[index] = worker_open(engine, index, options->ring_size, seed + index);
    if (engine->worker[index] == NULL) {
      int failed = errno;
      engine_stop(engine);
      errno = failed;
      return NULL;
    }
    engine->workers++;
  }
  return engine;
}

void engine_stop(struct engine *engine) {
  for (uint32_t at = 0; at < engine->workers; at++) worker_stop(engine->worker[at]);
  for (uint32_t at = 0; at < engine->flow_count; at++)
    if (engine->flows[at] != NULL) engine_close(engine, at);
  for (uint32_t at = 0; at < engine->workers; at++) worker_close(engine->worker[at]);
  for (uint32_t at = 0; at < engine->listener_count; at++) {
    close(engine->listeners[at]->fd);
    free(engine->listeners[at]);
  }
  free(engine->listeners);
  free(engine->flows);
  free(engine->free_flows);
  free(engine);
}

/* Room for one more in an array of pointers. */
static bool make_room(void *array, uint32_t count, uint32_t *room, size_t size) {
  if (count < *room) return true;
  uint32_t more = *room == 0 ? 16 : *room * 2;
  void *bigger = realloc(*(void **)array, more * size);
  if (bigger == NULL) return false;
  *(void **)array = bigger;
  *room = more;
  return true;
}

static int open_socket(const struct place *at) {
  int fd = socket(at->at.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
  if (fd >= 0 && at->at.any.sa_family == AF_INET6)
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  return fd < 0 ? -errno : fd;
}

static int fail(int fd) {
  int failed = errno;
  close(fd);
  return -failed;
}

/*
 * The first socket takes the port for itself, so that a port in use is noticed; then it lets the
 * others in.
 */
static int bind_data_port(int fd, const struct place *at, int share) {
  int on = 1;
  if (share == SHARE_JOIN && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0) return -1;
  if (bind(fd, &at->at.any, at->length) < 0) return -1;
  if (share == SHARE_FIRST) return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  return 0;
}

int engine_listen(struct engine *engine, uint32_t worker, const struct place *at, int share,
                  bool plain) {
  if (worker >= engine->workers) return -EINVAL;
  if (!make_room(&engine->listeners, engine->listener_count, &engine->listener_room,
                 sizeof *engine->listeners))
    return -ENOMEM;
  int fd = open_socket(at), size = DATA_PORT_BUFFER;
  if (fd < 0) return fd;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  if (bind_data_port(fd, at, share) < 0) return fail(fd);
  struct listener *listener = malloc(sizeof *listener);
  if (listener == NULL) {
    close(fd);
    return -ENOMEM;
  }
  *listener = (struct listener){.kind = KIND_LISTENER,
                                .fd = fd,
                                .id = engine->listener_count,
                                .plain = plain,
                                .worker = engine->worker[worker]};
  engine->listeners[engine->listener_count] = listener;
  return (int)engine->listener_count++;
}

static struct listener *listener_at(struct engine *engine, uint32_t at) {
  return at < engine->listener_count ? engine->listeners[at] : NULL;
}

int engine_receive(struct engine *engine, uint32_t at) {
  struct listener *listener = listener_at(engine, at);
  if (listener == NULL) return -EBADF;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = listener};
  int failed = epoll_ctl(listener->worker->epoll, EPOLL_CTL_ADD, listener->fd, &event);
  return failed < 0 ? -errno : 0;
}

void engine_deafen(struct engine *engine, uint32_t at) {
  struct listener *listener = listener_at(engine, at);
  if (listener != NULL) epoll_ctl(listener->worker->epoll, EPOLL_CTL_DEL, listener->fd, NULL);
}

static int place_of(int fd, struct place *place) {
  place->length = sizeof place->at;
  return getsockname(fd, &place->at.any, &place->length) < 0 ? -errno : 0;
}

int engine_listener_place(struct engine *engine, uint32_t at, struct place *place) {
  struct listener *listener = listener_at(engine, at);
  return listener == NULL ? -EBADF : place_of(listener->fd, place);
}

int engine_answer(struct engine *engine, uint32_t at, const struct place *to, const void *payload,
                  size_t length) {
  struct listener *listener = listener_at(engine, at);
  if (listener == NULL) return -EBADF;
  ssize_t sent = sendto(listener->fd, payload, length, MSG_DONTWAIT, &to->at.any, to->length);
  return sent < 0 ? -errno : 0;
}

/* --- flows --- */

static struct flow *flow_at(struct engine *engine, uint32_t at) {
  return at < engine->flow_count ? engine->flows[at] : NULL;
}

static bool flow_room(struct engine *engine) {
  uint32_t room = engine->flow_room;
  if (engine->free_count > 0 || engine->flow_count < room) return true;
  if (!make_room(&engine->flows, engine->flow_count, &room, sizeof *engine->flows)) return false;
  uint32_t *numbers = realloc(engine->free_flows, room * sizeof *numbers);
  if (numbers == NULL) return false;
  engine->free_flows = numbers;
  engine->flow_room = room;
  return true;
}

static struct flow *new_flow(struct worker *owner, int fd, uint32_t id) {
  struct flow *flow = NULL;
  if (posix_memalign((void **)&flow, 64, sizeof *flow) != 0) return NULL;
  memset(flow, 0, sizeof *flow);
  flow->kind = KIND_FLOW;
  flow->fd = fd;
  flow->id = id;
  flow->owner = owner;
  atomic_init(&flow->references, 1);
  return flow;
}

int engine_connect(struct engine *engine, uint32_t at, const struct place *backend, uint32_t id) {
  struct listener *listener = listener_at(engine, at);
  if (listener == NULL) return -EBADF;
  if (!flow_room(engine)) return -ENOMEM;
  int fd = open_socket(backend);
  if (fd < 0) return fd;
  if (connect(fd, &backend->at.any, backend->length) < 0) return fail(fd);
  struct flow *flow = new_flow(listener->worker, fd, id);
  if (flow == NULL) {
    close(fd);
    return -ENOMEM;
  }
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = flow};
  if (epoll_ctl(listener->worker->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
    int failed = errno;
    flow_release(flow);
    return -failed;
  }
  uint32_t number = engine->free_count > 0 ? engine->free_flows[--engine->free_count]
                                           : engine->flow_count++;
  engine->flows[number] = flow;
  return (int)number;
}

int engine_flow_place(struct engine *engine, uint32_t at, struct place *place) {
  struct flow *flow = flow_at(engine, at);
  return flow == NULL ? -EBADF : place_of(flow->fd, place);
}

int engine_send(struct engine *engine, uint32_t at, const void *payload, size_t length) {
  struct flow *flow = flow_at(engine, at);
  if (flow == NULL) return -EBADF;
  ssize_t sent = send(flow->fd, payload, length, MSG_DONTWAIT);
  if (sent >= 0 || errno != ECONNREFUSED) return sent < 0 ? -errno : 0;
  /* News of an earlier packet; this one has not been tried. The caller hears of both. */
  sent = send(flow->fd, payload, length, MSG_DONTWAIT);
  return sent < 0 ? -errno : 1;
}

static int command(struct worker *worker, struct flow *flow, struct command order) {
  order.flow = flow;
  atomic_fetch_add_explicit(&flow->references, 1, memory_order_relaxed);
  int failed = worker_command(worker, &order);
  if (failed == -ENOMEM) flow_release(flow);
  return failed;
}

static int uninstall(struct flow *flow) {
  struct worker *worker = flow->installed;
  if (worker == NULL) return 0;
  flow->installed = NULL;
  return command(worker, flow, (struct command){.what = REMOVE, .key = flow->key});
}

int engine_direct(struct engine *engine, uint32_t at, uint32_t listening,
                  const struct place *client) {
  struct flow *flow = flow_at(engine, at);
  struct listener *listener = listener_at(engine, listening);
  if (flow == NULL || listener == NULL) return -EBADF;
  int failed = uninstall(flow);
  if (failed < 0) return failed;
  client_of(&flow->key, &client->at, listening);
  failed = command(listener->worker, flow, (struct command){.what = INSTALL, .key = flow->key});
  if (failed < 0) return failed;
  flow->installed = listener->worker;
  return command(flow->owner, flow, (struct command){
                                        .what = ANSWER, .client = *client, .reply_fd = listener->fd});
}

int engine_hold(struct engine *engine, uint32_t at) {
  struct flow *flow = flow_at(engine, at);
  if (flow == NULL) return -EBADF;
  int failed = uninstall(flow);
  if (failed < 0) return failed;
  return command(flow->owner, flow, (struct command){.what = HOLD});
}

void engine_close(struct engine *engine, uint32_t at) {
  struct flow *flow = flow_at(engine, at);
  if (flow == NULL) return;
  engine->flows[at] = NULL;
  engine->free_flows[engine->free_count++] = at;
  /* Without memory to tell the workers it stays: they may be using it. */
  if (uninstall(flow) == 0 && command(flow->owner, flow, (struct command){.what = CLOSE}) == 0)
    flow_release(flow);
}

static bool is_active(struct flow *flow) {
  uint64_t passed = atomic_load_explicit(&flow->questions, memory_order_relaxed) +
                    atomic_load_explicit(&flow->answers, memory_order_relaxed);
  bool active = passed != flow->seen;
  flow->seen = passed;
  return active;
}

bool engine_active(struct engine *engine, uint32_t at) {
  struct flow *flow = flow_at(engine, at);
  return flow != NULL && is_active(flow);
}

size_t engine_activity(struct engine *engine, uint32_t *ids, size_t room, uint32_t *next) {
  size_t found = 0;
  for (; *next < engine->flow_count && found < room; (*next)++) {
    struct flow *flow = engine->flows[*next];
    if (flow != NULL && is_active(flow)) ids[found++] = flow->id;
  }
  return found;
}

/* --- records and counters --- */

size_t engine_drain(struct engine *engine, uint32_t worker, uint8_t *into, size_t room) {
  if (worker >= engine->workers) return 0;
  /* First: what is pushed from now on is notified of again. */
  atomic_store_explicit(&engine->worker[worker]->notified, false, memory_order_relaxed);
  atomic_thread_fence(memory_order_seq_cst);
  return ring_drain(&engine->worker[worker]->ring, into, room);
}

void engine_handled(struct engine *engine, uint32_t worker) {
  if (worker < engine->workers) ring_handled(&engine->worker[worker]->ring);
}

void engine_totals(const struct engine *engine, uint64_t totals[COUNTERS]) {
  memset(totals, 0, COUNTERS * sizeof totals[0]);
  for (uint32_t worker = 0; worker < engine->workers; worker++)
    for (int at = 0; at < COUNTERS; at++)
      totals[at] +=
          atomic_load_explicit(&engine->worker[worker]->counters[at], memory_order_relaxed);
}
