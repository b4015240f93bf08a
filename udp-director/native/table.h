/*
 * One worker's clients whose packets it forwards by itself. Open addressing: a
 * look-up touches one or two cache lines and allocates nothing.
 */
#ifndef TABLE_H
#define TABLE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flow;

/*
 * A socket of a client, as one listener sees it. Compared as bytes, so whatever is not used is 0:
 * an IPv4 address is the first four bytes. The interface of a link-local address is in the bytes 4
 * to 7, which are 0 in such addresses (RFC 4291, 2.5.6).
 */
struct client {
  uint8_t address[16];
  uint32_t listener;
  uint16_t port; /* in the order of the network */
  uint16_t unused;
};

/* Who has the packets of one direction of a flow. */
enum { WAY_UP, WAY_WAITING, WAY_DIRECT };

struct way {
  uint64_t barrier; /* direct once so many records of the worker's ring are handled, */
  uint64_t must;    /* or, where many packets wait, these at least */
  uint32_t waited;  /* packets that were handed up meanwhile */
  uint8_t state;
};

struct slot {
  struct client client;
  struct flow *flow; /* NULL: free */
  struct way way;
};

struct table {
  struct slot *slots;
  size_t size; /* a power of two */
  size_t count;
  uint64_t seed;
};

bool table_open(struct table *table, uint64_t seed);
void table_close(struct table *table);
/* NULL: not there. Good until the next change. */
struct slot *table_find(const struct table *table, const struct client *client);
/* The client's slot, a free one where it had none (`flow` is NULL then); NULL without memory. */
struct slot *table_claim(struct table *table, const struct client *client);
/* Frees a slot of the table. */
void table_free(struct table *table, struct slot *slot);
#endif
