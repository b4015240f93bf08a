#include "table.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 64

_Static_assert(sizeof(struct client) == 24, "no padding: compared as bytes");

bool table_open(struct table *table, uint64_t seed) {
  *table = (struct table){.size = FIRST_SIZE, .seed = seed};
  table->slots = calloc(table->size, sizeof *table->slots);
  return table->slots != NULL;
}

void table_close(struct table *table) {
  free(table->slots);
  table->slots = NULL;
}

static uint64_t mix(uint64_t a, uint64_t b) {
  __extension__ typedef unsigned __int128 wide;
  wide product = (wide)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Seeded, so that nobody outside can choose clients that fall on one slot. */
static size_t home(const struct table *table, const struct client *client) {
  uint64_t words[3];
  memcpy(words, client, sizeof words);
  uint64_t hash = mix(words[0] ^ table->seed, words[1] ^ 0x9e3779b97f4a7c15u);
  hash = mix(hash ^ words[2], table->seed ^ 0xd6e8feb86659fd93u);
  return (size_t)hash & (table->size - 1);
}

static struct slot *probe(const struct table *table, const struct client *client) {
  for (size_t at = home(table, client);; at = (at + 1) & (table->size - 1)) {
    struct slot *slot = &table->slots[at];
    if (slot->flow == NULL || memcmp(&slot->client, client, sizeof *client) == 0) return slot;
  }
}

struct slot *table_find(const struct table *table, const struct client *client) {
  struct slot *slot = probe(table, client);
  return slot->flow == NULL ? NULL : slot;
}

static bool grow(struct table *table) {
  struct table bigger = {.size = table->size * 2, .seed = table->seed};
  bigger.slots = calloc(bigger.size, sizeof *bigger.slots);
  if (bigger.slots == NULL) return false;
  for (size_t at = 0; at < table->size; at++) {
    if (table->slots[at].flow != NULL)
      *probe(&bigger, &table->slots[at].client) = table->slots[at];
  }
  bigger.count = table->count;
  free(table->slots);
  *table = bigger;
  return true;
}

struct slot *table_claim(struct table *table, const struct client *client) {
  struct slot *slot = probe(table, client);
  if (slot->flow != NULL) return slot;
  /* Half full at most: look-ups stay short, and there is always a free slot to end at. */
  if (table->count >= table->size / 2) {
    if (!grow(table)) return NULL;
    slot = probe(table, client);
  }
  slot->client = *client;
  table->count++;
  return slot;
}

/* Closes the gap, so that no look-up ends at it too early (Knuth 6.4, algorithm R). */
void table_free(struct table *table, struct slot *slot) {
  size_t gap = (size_t)(slot - table->slots), mask = table->size - 1;
  for (size_t at = (gap + 1) & mask; table->slots[at].flow != NULL; at = (at + 1) & mask) {
    size_t from_home = (at - home(table, &table->slots[at].client)) & mask;
    if (from_home < ((at - gap) & mask)) continue;
    table->slots[gap] = table->slots[at];
    gap = at;
  }
  table->slots[gap].flow = NULL;
  table->count--;
}
