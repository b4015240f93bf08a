#ifndef WORKER_H
#define WORKER_H
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "engine.h"
#include "ring.h"
#include "table.h"

#define BATCH 64
#define MAX_MAGIC 64

/* What an epoll event belongs to: the first member of each. */
enum kind { KIND_WAKE, KIND_LISTENER, KIND_FLOW };

struct listener {
  enum kind kind;
  int fd;
  uint32_t id;
  bool plain;
  struct worker *worker;
};

struct flow {
  enum kind kind;
  int fd;
  uint32_t id;
  atomic_uint references; /* the JavaScript thread's, the owner's, a table's, commands' */
  struct worker *owner;
  /* The owner's: answers. */
  _Alignas(64) struct way way;
  bool closed;
  int reply_fd;
  struct place client;
  struct flow *next_dead;
  _Atomic uint64_t answers;
  /* The client's worker's. */
  _Alignas(64) _Atomic uint64_t questions;
  /* The JavaScript thread's. */
  _Alignas(64) uint64_t seen;
  struct worker *installed; /* whose table has it */
  struct client key;        /* as what */
};

struct command {
  enum { INSTALL, REMOVE, ANSWER, HOLD, CLOSE } what;
  int reply_fd;
  struct flow *flow; /* one reference */
  struct client key;
  struct place client;
};

struct commands {
  struct command *list;
  size_t count, room;
};

struct worker {
  enum kind kind; /* KIND_WAKE: of its event descriptor */
  uint32_t index;
  int epoll, wake;
  pthread_t thread;
  struct engine *engine;
  struct table table;
  struct ring ring;
  pthread_mutex_t lock; /* of `queued`, which no packet needs */
  struct commands queued, taken;
  atomic_bool pending, stopping, notified;
  bool handed_up;
  struct flow *dead;
  _Atomic uint64_t counters[COUNTERS];
  /* Packets of one turn. */
  uint8_t *buffers;
  struct iovec into[BATCH], out_of[BATCH];
  struct mmsghdr questions[BATCH], answers[BATCH], out[BATCH];
  struct sockaddr_in6 peers[BATCH];
  struct flow *run;   /* takes the packets of the batch from `run_start` on */
  unsigned run_start;
  unsigned used; /* buffers that hold answers which are still to be sent */
  unsigned queued_answers;
  int reply_fd;
};

struct engine {
  uint32_t workers;
  uint8_t magic[MAX_MAGIC];
  size_t magic_length;
  notify *notify;
  void *context;
  struct listener **listeners;
  uint32_t listener_count, listener_room;
  struct flow **flows;
  uint32_t flow_count, flow_room;
  uint32_t *free_flows;
  uint32_t free_count;
  struct worker *worker[];
};

struct worker *worker_open(struct engine *engine, uint32_t index, size_t ring_size, uint64_t seed);
/* Joins the thread; it forwards nothing any more. */
void worker_stop(struct worker *worker);
void worker_close(struct worker *worker);
/* Takes over the reference of the command; -ENOMEM, and it stays the caller's. */
int worker_command(struct worker *worker, const struct command *command);
void flow_release(struct flow *flow);
/* The client as a key. */
void client_of(struct client *client, const void *address, uint32_t listener);
#endif
