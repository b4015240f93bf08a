/*
 * Packets on their way from one worker to the JavaScript thread: a ring of bytes with one writer
 * and one reader, and no lock.
 */
#ifndef RING_H
#define RING_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What goes before a packet's bytes. `src/data/native/records.ts` reads it. */
struct record {
  uint32_t length;        /* of the payload */
  uint32_t id;            /* listener of a client's packet, flow of a backend's */
  uint16_t port;          /* of the client */
  uint8_t from_backend;   /* 1 or 0 */
  uint8_t address_length; /* of the client's address, as text */
};

struct ring {
  uint8_t *bytes;
  size_t size; /* a power of two */
  /* Only the writer changes these. */
  _Alignas(64) _Atomic uint64_t head;
  uint64_t pushed; /* records */
  /* Only the reader changes these. */
  _Alignas(64) _Atomic uint64_t tail;
  uint64_t drained;         /* records */
  _Atomic uint64_t handled; /* records that the reader has done with */
};

/* False without memory. `size` is a power of two. */
bool ring_open(struct ring *ring, size_t size);
void ring_close(struct ring *ring);
/* Writer: false when there is no room. */
bool ring_push(struct ring *ring, const struct record *record, const void *address,
               const void *payload);
/* Reader: moves as many whole records as there is room for; the bytes they take. */
size_t ring_drain(struct ring *ring, uint8_t *into, size_t room);
/* Reader: all that was drained so far has been dealt with. */
void ring_handled(struct ring *ring);
bool ring_empty(const struct ring *ring);
#endif
