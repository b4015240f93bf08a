/* What the generators of the bench have in common: a clock, round trips by length, and their line of JSON. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Round trips in steps of 1/16 of a power of two of nanoseconds. */
#define STEPS 16
#define BUCKETS (64 * STEPS)

static uint64_t latency[BUCKETS];

static void die(const char *what) {
  perror(what);
  exit(1);
}

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int bucket(uint64_t ns) {
  if (ns < STEPS) return (int)ns;
  int power = 63 - __builtin_clzll(ns);
  return power * STEPS + (int)((ns >> (power - 4)) & (STEPS - 1));
}

static double value(int index) {
  if (index < STEPS) return index;
  int power = index / STEPS;
  return (double)((uint64_t)1 << power) * (1.0 + (index % STEPS + 0.5) / STEPS);
}

/* Of such times, in microseconds. */
static double quantile(const uint64_t *times, double q) {
  uint64_t total = 0, seen = 0;
  for (int i = 0; i < BUCKETS; i++) total += times[i];
  for (int i = 0; i < BUCKETS; i++) {
    seen += times[i];
    if (total > 0 && seen >= (uint64_t)(q * (double)total + 0.5)) return value(i) / 1000;
  }
  return 0;
}

/* One line, which site.ts reads as `Loaded`. */
static inline void print_measured(uint64_t sent, uint64_t received, double seconds, double rate,
                                  unsigned established, double setup) {
  printf("{\"sent\":%llu,\"received\":%llu,\"seconds\":%.3f,\"packetsPerSecond\":%.0f,\"p50\":%.1f,"
         "\"p99\":%.1f,\"p999\":%.1f,\"established\":%u,\"setupSeconds\":%.3f}\n",
         (unsigned long long)sent, (unsigned long long)received, seconds, rate, quantile(latency, 0.5),
         quantile(latency, 0.99), quantile(latency, 0.999), established, setup);
}

#endif
