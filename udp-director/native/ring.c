#include "ring.h"

#include <stdlib.h>
#include <string.h>

bool ring_open(struct ring *ring, size_t size) {
  memset(ring, 0, sizeof *ring);
  ring->bytes = malloc(size);
  ring->size = size;
  return ring->bytes != NULL;
}

void ring_close(struct ring *ring) {
  free(ring->bytes);
  ring->bytes = NULL;
}

static void put(struct ring *ring, uint64_t at, const void *from, size_t length) {
  if (length == 0) return;
  size_t start = (size_t)at & (ring->size - 1);
  size_t first = ring->size - start < length ? ring->size - start : length;
  memcpy(ring->bytes + start, from, first);
  memcpy(ring->bytes, (const uint8_t *)from + first, length - first);
}

static void take(const struct ring *ring, uint64_t at, void *into, size_t length) {
  size_t start = (size_t)at & (ring->size - 1);
  size_t first = ring->size - start < length ? ring->size - start : length;
  memcpy(into, ring->bytes + start, first);
  memcpy((uint8_t *)into + first, ring->bytes, length - first);
}

static size_t size_of(const struct record *record) {
  return sizeof *record + record->address_length + record->length;
}

bool ring_push(struct ring *ring, const struct record *record, const void *address,
               const void *payload) {
  uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
  uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
  size_t size = size_of(record);
  if (ring->size - (size_t)(head - tail) < size) return false;
  put(ring, head, record, sizeof *record);
  put(ring, head + sizeof *record, address, record->address_length);
  put(ring, head + sizeof *record + record->address_length, payload, record->length);
  ring->pushed++;
  atomic_store_explicit(&ring->head, head + size, memory_order_release);
  return true;
}

size_t ring_drain(struct ring *ring, uint8_t *into, size_t room) {
  uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
  uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
  size_t used = 0;
  while (tail + used < head) {
    struct record record;
    take(ring, tail + used, &record, sizeof record);
    if (room - used < size_of(&record)) break;
    take(ring, tail + used, into + used, size_of(&record));
    used += size_of(&record);
    ring->drained++;
  }
  atomic_store_explicit(&ring->tail, tail + used, memory_order_release);
  return used;
}

void ring_handled(struct ring *ring) {
  atomic_store_explicit(&ring->handled, ring->drained, memory_order_release);
}

bool ring_empty(const struct ring *ring) {
  return atomic_load_explicit(&ring->head, memory_order_acquire) ==
         atomic_load_explicit(&ring->tail, memory_order_relaxed);
}
