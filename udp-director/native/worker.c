#define _GNU_SOURCE
#include "worker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MAX_DATAGRAM 65535
/* Not a power of two, or the first bytes of all packets would compete for the same cache lines. */
#define STRIDE (MAX_DATAGRAM + 1 + 33 * 64)
/*
 * Packets that a flow hands up while it waits for its turn. A client that always has some in flight
 * would wait for ever behind its own packets; after so many it goes on, and some may be overtaken.
 */
#define MAX_WAITED 128
/* Milliseconds to wait once for room in a socket's send buffer before a packet is lost. */
#define SEND_WAIT_MS 1

static void count(struct worker *worker, int counter, uint64_t amount) {
  uint64_t old = atomic_load_explicit(&worker->counters[counter], memory_order_relaxed);
  atomic_store_explicit(&worker->counters[counter], old + amount, memory_order_relaxed);
}

static void add(_Atomic uint64_t *sum, uint64_t amount) {
  atomic_store_explicit(sum, atomic_load_explicit(sum, memory_order_relaxed) + amount,
                        memory_order_relaxed);
}

void flow_release(struct flow *flow) {
  if (atomic_fetch_sub_explicit(&flow->references, 1, memory_order_acq_rel) > 1) return;
  close(flow->fd);
  free(flow);
}

void client_of(struct client *client, const void *address, uint32_t listener) {
  memset(client, 0, sizeof *client);
  client->listener = listener;
  if (((const struct sockaddr *)address)->sa_family == AF_INET) {
    const struct sockaddr_in *v4 = address;
    memcpy(client->address, &v4->sin_addr, sizeof v4->sin_addr);
    client->port = v4->sin_port;
  } else {
    const struct sockaddr_in6 *v6 = address;
    memcpy(client->address, &v6->sin6_addr, sizeof v6->sin6_addr);
    if (IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr))
      memcpy(client->address + 4, &v6->sin6_scope_id, sizeof v6->sin6_scope_id);
    client->port = v6->sin6_port;
  }
}

/* Text as node:dgram gives it; its length. */
static uint8_t write_address(char *text, size_t room, const struct sockaddr_in6 *address) {
  if (address->sin6_family == AF_INET)
    inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, text,
              (socklen_t)room);
  else
    inet_ntop(AF_INET6, &address->sin6_addr, text, (socklen_t)room);
  char name[IF_NAMESIZE];
  if (address->sin6_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&address->sin6_addr) &&
      if_indextoname(address->sin6_scope_id, name) != NULL) {
    strcat(text, "%");
    strcat(text, name);
  }
  return (uint8_t)strlen(text);
}

/* --- handing up --- */

static bool push(struct worker *worker, const struct record *record, const char *address,
                 const void *payload, struct way *way) {
  if (!ring_push(&worker->ring, record, address, payload)) {
    count(worker, NOT_HANDED_UP, 1);
    return false;
  }
  worker->handed_up = true;
  if (way != NULL) {
    way->barrier = worker->ring.pushed;
    way->waited++;
  }
  return true;
}

static bool push_question(struct worker *worker, const struct listener *listener, unsigned at,
                          struct way *way) {
  char text[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE];
  const struct sockaddr_in6 *peer = &worker->peers[at];
  struct record record = {
      .length = worker->questions[at].msg_len,
      .id = listener->id,
      .port = ntohs(peer->sin6_port), /* where an IPv4 address has it as well */
      .address_length = write_address(text, sizeof text, peer),
  };
  return push(worker, &record, text, worker->into[at].iov_base, way);
}

static void push_answer(struct worker *worker, struct flow *flow, unsigned at) {
  struct record record = {
      .length = worker->answers[at].msg_len, .id = flow->id, .from_backend = 1};
  push(worker, &record, "", worker->into[at].iov_base, &flow->way);
}

/* --- commands --- */

static void uninstall(struct worker *worker, struct slot *slot) {
  struct flow *flow = slot->flow;
  table_free(&worker->table, slot);
  flow_release(flow);
}

/* True when the flow's reference has found a place. */
static bool install(struct worker *worker, const struct command *command) {
  struct slot *slot = table_claim(&worker->table, &command->key);
  if (slot == NULL) return false;
  if (slot->flow != NULL) flow_release(slot->flow);
  slot->flow = command->flow;
  slot->way = (struct way){.barrier = worker->ring.pushed, .state = WAY_WAITING};
  return true;
}

static void close_flow(struct worker *worker, struct flow *flow) {
  epoll_ctl(worker->epoll, EPOLL_CTL_DEL, flow->fd, NULL);
  flow->closed = true;
  /* Events that were fetched already still point to it, and answers that are not sent yet. */
  flow->next_dead = worker->dead;
  worker->dead = flow;
}

static void obey_one(struct worker *worker, const struct command *command) {
  struct flow *flow = command->flow;
  struct slot *slot;
  switch (command->what) {
    case INSTALL:
      if (install(worker, command)) return;
      break;
    case REMOVE:
      slot = table_find(&worker->table, &command->key);
      if (slot != NULL && slot->flow == flow) uninstall(worker, slot);
      break;
    case ANSWER:
      flow->client = command->client;
      flow->reply_fd = command->reply_fd;
      flow->way = (struct way){.barrier = worker->ring.pushed, .state = WAY_WAITING};
      break;
    case HOLD:
      flow->way.state = WAY_UP;
      break;
    case CLOSE:
      close_flow(worker, flow);
      return;
  }
  flow_release(flow);
}

static void obey(struct worker *worker) {
  pthread_mutex_lock(&worker->lock);
  struct commands taken = worker->queued;
  worker->queued = worker->taken;
  worker->taken = taken;
  atomic_store_explicit(&worker->pending, false, memory_order_relaxed);
  pthread_mutex_unlock(&worker->lock);
  for (size_t at = 0; at < worker->taken.count; at++) obey_one(worker, &worker->taken.list[at]);
  worker->taken.count = 0;
}

static void bury(struct worker *worker) {
  for (struct flow *flow = worker->dead; flow != NULL;) {
    struct flow *next = flow->next_dead;
    flow_release(flow);
    flow = next;
  }
  worker->dead = NULL;
}

/* Fails only where so many wake-ups wait already that one more cannot be counted. */
static void wake(struct worker *worker) {
  uint64_t one = 1;
  ssize_t written = write(worker->wake, &one, sizeof one);
  (void)written;
}

int worker_command(struct worker *worker, const struct command *command) {
  pthread_mutex_lock(&worker->lock);
  struct commands *queued = &worker->queued;
  if (queued->count == queued->room) {
    size_t room = queued->room == 0 ? 64 : queued->room * 2;
    struct command *list = realloc(queued->list, room * sizeof *list);
    if (list == NULL) {
      pthread_mutex_unlock(&worker->lock);
      return -ENOMEM;
    }
    queued->list = list;
    queued->room = room;
  }
  queued->list[queued->count++] = *command;
  bool asleep = !atomic_exchange_explicit(&worker->pending, true, memory_order_release);
  pthread_mutex_unlock(&worker->lock);
  if (asleep) wake(worker);
  return 0;
}

/* --- forwarding --- */

/* True when a packet goes its way without the JavaScript thread: all before it are through. */
static bool is_due(const struct worker *worker, const struct way *way) {
  if (way->state != WAY_WAITING) return way->state == WAY_DIRECT;
  uint64_t handled = atomic_load_explicit(&worker->ring.handled, memory_order_acquire);
  return handled >= way->barrier || (handled >= way->must && way->waited >= MAX_WAITED);
}

static int size_bucket(size_t length) {
  int bucket = 0;
  for (size_t bound = 64; length > bound && bucket < SIZES - 1; bound *= 2) bucket++;
  return bucket;
}

/*
 * Sends what it can and counts it, from `packets` on: packets, their bytes; and by size, from
 * `sizes` on. What cannot be sent is counted and left out.
 */
static unsigned send_all(struct worker *worker, int fd, unsigned amount, int packets, int sizes,
                         int failures) {
  unsigned sent = 0;
  uint64_t bytes = 0;
  bool waited = false, again = false;
  for (unsigned at = 0; at < amount;) {
    int done = sendmmsg(fd, worker->out + at, amount - at, MSG_DONTWAIT);
    count(worker, SEND_CALLS, 1);
    if (done > 0) {
      sent += (unsigned)done;
      for (int left = done; left > 0; left--) {
        size_t length = worker->out_of[at++].iov_len;
        bytes += length;
        count(worker, sizes + size_bucket(length), 1);
      }
      again = false;
    } else if (errno == EAGAIN && !waited) {
      struct pollfd room = {fd, POLLOUT, 0};
      poll(&room, 1, SEND_WAIT_MS);
      waited = true;
    } else if (errno == ECONNREFUSED && !again) {
      /* News of an earlier packet; this one has not been tried. */
      count(worker, BACKEND_REFUSED, 1);
      again = true;
    } else {
      count(worker, failures, 1);
      at++;
      again = false;
    }
  }
  count(worker, packets, sent);
  count(worker, packets + 1, bytes);
  return sent;
}

static void queue_out(struct worker *worker, unsigned at, unsigned buffer, size_t length,
                      struct place *to) {
  worker->out_of[at] = (struct iovec){worker->into[buffer].iov_base, length};
  worker->out[at].msg_hdr.msg_name = to == NULL ? NULL : &to->at;
  worker->out[at].msg_hdr.msg_namelen = to == NULL ? 0 : to->length;
}

static void send_answers(struct worker *worker) {
  if (worker->queued_answers > 0)
    send_all(worker, worker->reply_fd, worker->queued_answers, TO_CLIENT_PACKETS, TO_CLIENT_SIZES,
             CLIENT_FAILED);
  worker->queued_answers = 0;
  worker->used = 0;
}

/* Ends the run of packets of one client before packet `to` of the batch, and sends it. */
static void send_questions(struct worker *worker, unsigned to) {
  struct flow *flow = worker->run;
  unsigned from = worker->run_start;
  worker->run = NULL;
  if (flow == NULL) return;
  for (unsigned at = from; at < to; at++)
    queue_out(worker, at - from, at, worker->questions[at].msg_len, NULL);
  add(&flow->questions,
      send_all(worker, flow->fd, to - from, TO_BACKEND_PACKETS, TO_BACKEND_SIZES, BACKEND_FAILED));
}

static bool is_control(const struct engine *engine, const struct listener *listener,
                       const void *payload, size_t length) {
  return !listener->plain && length >= engine->magic_length &&
         memcmp(payload, engine->magic, engine->magic_length) == 0;
}

/* The flow that takes this packet now; NULL: it was handed up. */
static struct flow *flow_for(struct worker *worker, const struct listener *listener, unsigned at) {
  struct client client;
  client_of(&client, &worker->peers[at], listener->id);
  struct slot *slot = table_find(&worker->table, &client);
  if (slot != NULL && slot->way.state == WAY_WAITING && is_due(worker, &slot->way)) {
    /* Whoever dealt with the packets before may have decided otherwise in the meantime. */
    if (atomic_load_explicit(&worker->pending, memory_order_acquire)) {
      send_questions(worker, at); /* the flow may go */
      obey(worker);
      slot = table_find(&worker->table, &client);
    }
    if (slot != NULL && is_due(worker, &slot->way)) slot->way.state = WAY_DIRECT;
  }
  if (slot == NULL) {
    push_question(worker, listener, at, NULL);
    return NULL;
  }
  bool control = is_control(worker->engine, listener, worker->into[at].iov_base,
                            worker->questions[at].msg_len);
  if (!control && slot->way.state == WAY_DIRECT) return slot->flow;
  /* What follows a control packet stays behind it. */
  if (push_question(worker, listener, at, &slot->way) && control) {
    slot->way.state = WAY_WAITING;
    slot->way.must = worker->ring.pushed;
    slot->way.waited = 0;
  }
  return NULL;
}

static void from_clients(struct worker *worker, const struct listener *listener) {
  send_answers(worker); /* they hold buffers */
  for (unsigned at = 0; at < BATCH; at++)
    worker->questions[at].msg_hdr.msg_namelen = sizeof worker->peers[at];
  int received = recvmmsg(listener->fd, worker->questions, BATCH, MSG_DONTWAIT, NULL);
  count(worker, RECEIVE_CALLS, 1);
  for (unsigned at = 0; received > 0 && at < (unsigned)received; at++) {
    struct flow *flow = flow_for(worker, listener, at);
    if (flow == worker->run) continue;
    send_questions(worker, at);
    worker->run = flow;
    worker->run_start = at;
  }
  if (received > 0) send_questions(worker, (unsigned)received);
}

static void from_backend(struct worker *worker, struct flow *flow) {
  if (flow->closed) return;
  if (worker->used == BATCH) send_answers(worker);
  unsigned first = worker->used;
  int received =
      recvmmsg(flow->fd, worker->answers + first, BATCH - first, MSG_DONTWAIT, NULL);
  count(worker, RECEIVE_CALLS, 1);
  if (received < 0 && errno != EAGAIN)
    count(worker, errno == ECONNREFUSED ? BACKEND_REFUSED : BACKEND_FAILED, 1);
  if (received <= 0) return;
  if (flow->way.state == WAY_WAITING && is_due(worker, &flow->way)) {
    if (atomic_load_explicit(&worker->pending, memory_order_acquire)) obey(worker);
    if (is_due(worker, &flow->way)) flow->way.state = WAY_DIRECT;
  }
  if (flow->closed) return;
  unsigned end = first + (unsigned)received;
  if (flow->way.state != WAY_DIRECT) {
    for (unsigned at = first; at < end; at++) push_answer(worker, flow, at);
    return;
  }
  if (worker->queued_answers > 0 && worker->reply_fd != flow->reply_fd) {
    unsigned used = worker->used;
    send_answers(worker);
    worker->used = used;
  }
  worker->reply_fd = flow->reply_fd;
  for (unsigned at = first; at < end; at++)
    queue_out(worker, worker->queued_answers++, at, worker->answers[at].msg_len, &flow->client);
  add(&flow->answers, (uint64_t)received);
  worker->used = end;
}

/* --- a worker's life --- */

static void *run(void *argument) {
  struct worker *worker = argument;
  struct epoll_event events[BATCH];
  while (!atomic_load_explicit(&worker->stopping, memory_order_acquire)) {
    int amount = epoll_wait(worker->epoll, events, BATCH, -1);
    count(worker, WAIT_CALLS, 1);
    /* Before packets: a listener may have been told to receive after a flow was to go direct. */
    if (atomic_load_explicit(&worker->pending, memory_order_acquire)) obey(worker);
    for (int at = 0; at < amount; at++) {
      uint64_t wakes;
      switch (*(enum kind *)events[at].data.ptr) {
        case KIND_WAKE:
          if (read(worker->wake, &wakes, sizeof wakes) < 0) continue;
          break;
        case KIND_LISTENER:
          from_clients(worker, events[at].data.ptr);
          break;
        case KIND_FLOW:
          from_backend(worker, events[at].data.ptr);
          break;
      }
    }
    send_answers(worker);
    /* Of what has come since, the call may have been read with that of earlier ones. */
    if (atomic_load_explicit(&worker->pending, memory_order_acquire)) obey(worker);
    bury(worker);
    if (!worker->handed_up) continue;
    worker->handed_up = false;
    /* Either the reader sees the records, or it has asked before to be told: see engine_drain. */
    atomic_thread_fence(memory_order_seq_cst);
    if (!atomic_exchange_explicit(&worker->notified, true, memory_order_acq_rel))
      worker->engine->notify(worker->engine->context, worker->index);
  }
  return NULL;
}

static bool make_batches(struct worker *worker) {
  worker->buffers = malloc((size_t)BATCH * STRIDE);
  if (worker->buffers == NULL) return false;
  for (unsigned at = 0; at < BATCH; at++) {
    worker->into[at] = (struct iovec){worker->buffers + (size_t)at * STRIDE, MAX_DATAGRAM};
    worker->questions[at].msg_hdr = (struct msghdr){
        .msg_name = &worker->peers[at], .msg_iov = &worker->into[at], .msg_iovlen = 1};
    worker->answers[at].msg_hdr =
        (struct msghdr){.msg_iov = &worker->into[at], .msg_iovlen = 1};
    worker->out[at].msg_hdr = (struct msghdr){.msg_iov = &worker->out_of[at], .msg_iovlen = 1};
  }
  return true;
}

static int start(struct worker *worker) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = worker};
  if (epoll_ctl(worker->epoll, EPOLL_CTL_ADD, worker->wake, &event) < 0) return errno;
  /* Signals are Node's business. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int failed = pthread_create(&worker->thread, NULL, run, worker);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return failed;
}

struct worker *worker_open(struct engine *engine, uint32_t index, size_t ring_size, uint64_t seed) {
  struct worker *worker = NULL;
  if (posix_memalign((void **)&worker, 64, sizeof *worker) != 0) return NULL;
  memset(worker, 0, sizeof *worker);
  worker->kind = KIND_WAKE;
  worker->index = index;
  worker->engine = engine;
  pthread_mutex_init(&worker->lock, NULL);
  worker->epoll = epoll_create1(EPOLL_CLOEXEC);
  worker->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  int failed = ENOMEM;
  if (worker->epoll < 0 || worker->wake < 0)
    failed = errno;
  else if (make_batches(worker) && table_open(&worker->table, seed) &&
           ring_open(&worker->ring, ring_size))
    failed = start(worker);
  if (failed == 0) return worker;
  worker_close(worker);
  errno = failed;
  return NULL;
}

void worker_stop(struct worker *worker) {
  atomic_store_explicit(&worker->stopping, true, memory_order_release);
  wake(worker);
  pthread_join(worker->thread, NULL);
}

void worker_close(struct worker *worker) {
  obey(worker);
  bury(worker);
  if (worker->table.slots != NULL) {
    for (size_t at = 0; at < worker->table.size; at++)
      if (worker->table.slots[at].flow != NULL) flow_release(worker->table.slots[at].flow);
  }
  table_close(&worker->table);
  ring_close(&worker->ring);
  if (worker->epoll >= 0) close(worker->epoll);
  if (worker->wake >= 0) close(worker->wake);
  pthread_mutex_destroy(&worker->lock);
  free(worker->queued.list);
  free(worker->taken.list);
  free(worker->buffers);
  free(worker);
}
