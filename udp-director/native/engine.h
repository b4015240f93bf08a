/*
 * The native data path: workers that receive and send in batches, each with its own sockets, its
 * own epoll set and its own table. They decide nothing. A packet of a client that the worker does
 * not know, a control packet, and an answer for which nobody told it the way, are handed up;
 * everything below is called by one thread, the JavaScript one.
 *
 * A flow is the socket towards a backend of one session. Its directions are apart: the client's
 * packets belong to the worker whose listener receives them, the backend's to the flow's owner,
 * which is the same one as long as the client does not come from elsewhere.
 *
 * Failures are negative errno values.
 */
#ifndef ENGINE_H
#define ENGINE_H
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;

/* An IPv4 or IPv6 socket address. */
struct place {
  socklen_t length;
  union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } at;
};

/* `address` as text, an IPv6 one with `%interface` where it is link-local. False: it is none. */
bool place_parse(struct place *place, const char *address, uint16_t port);

/*
 * Buckets of packets by payload: up to 64 bytes, 128 and so on, and above 16,384.
 * `src/data/traffic.ts` has the bounds.
 */
enum { SIZES = 10 };

/* Sums over all workers since the start. */
enum {
  TO_BACKEND_PACKETS,
  TO_BACKEND_BYTES,
  TO_CLIENT_PACKETS,
  TO_CLIENT_BYTES,
  BACKEND_REFUSED, /* ICMP port unreachable */
  BACKEND_FAILED,  /* packets to backends that could not be sent */
  CLIENT_FAILED,   /* packets to clients that could not be sent */
  NOT_HANDED_UP,   /* the ring was full */
  WAIT_CALLS,      /* system calls of the workers: epoll_wait, */
  RECEIVE_CALLS,   /* recvmmsg, */
  SEND_CALLS,      /* send and sendmmsg */
  TO_BACKEND_SIZES,
  TO_CLIENT_SIZES = TO_BACKEND_SIZES + SIZES,
  COUNTERS = TO_CLIENT_SIZES + SIZES
};

/* Called by a worker that has handed something up; not again before `engine_drain`. */
typedef void notify(void *context, uint32_t worker);

struct engine_options {
  uint32_t workers;
  const uint8_t *magic; /* of control packets */
  size_t magic_length;
  size_t ring_size; /* bytes a worker; a power of two */
  notify *notify;
  void *context;
};

/* NULL, and errno, where it cannot start. */
struct engine *engine_start(const struct engine_options *options);
/* Ends the workers and closes everything. */
void engine_stop(struct engine *engine);

/* How sockets of several workers come to share a port that nobody else may have. */
enum { SHARE_NOT, SHARE_FIRST, SHARE_JOIN };

/* A data port of a worker; `plain`: it has no control packets. The listener. */
int engine_listen(struct engine *engine, uint32_t worker, const struct place *at, int share,
                  bool plain);
/* Starts to receive. */
int engine_receive(struct engine *engine, uint32_t listener);
/* Receives no more; the port stays taken until `engine_stop`. */
void engine_deafen(struct engine *engine, uint32_t listener);
int engine_listener_place(struct engine *engine, uint32_t listener, struct place *place);
int engine_answer(struct engine *engine, uint32_t listener, const struct place *to,
                  const void *payload, size_t length);

/* A flow's socket, of the worker of `listener`; `id` is in its records. The flow. */
int engine_connect(struct engine *engine, uint32_t listener, const struct place *backend,
                   uint32_t id);
int engine_flow_place(struct engine *engine, uint32_t flow, struct place *place);
int engine_send(struct engine *engine, uint32_t flow, const void *payload, size_t length);
/* The workers forward between this client, seen by this listener, and the flow's backend. */
int engine_direct(struct engine *engine, uint32_t flow, uint32_t listener,
                  const struct place *client);
/* All packets of the flow are handed up again. */
int engine_hold(struct engine *engine, uint32_t flow);
void engine_close(struct engine *engine, uint32_t flow);
/* True when the workers have forwarded something of the flow since the last time. */
bool engine_active(struct engine *engine, uint32_t flow);
/* Ids of all flows that `engine_active` holds for, from number `*next` on; how many. */
size_t engine_activity(struct engine *engine, uint32_t *ids, size_t room, uint32_t *next);

/* Moves records to `into`; the bytes of them. */
size_t engine_drain(struct engine *engine, uint32_t worker, uint8_t *into, size_t room);
/* What was drained is dealt with: flows may go direct that waited for it. */
void engine_handled(struct engine *engine, uint32_t worker);
void engine_totals(const struct engine *engine, uint64_t totals[COUNTERS]);
#endif
