/*
 * TCP for the bench, at both ends.
 *
 * stream ADDRESS PORT echo                                        sends back what it gets
 * stream ADDRESS PORT trips CONNECTIONS SIZE SECONDS              each connection sends SIZE bytes,
 *   waits until they are back, and sends again: how many in a second, and how long each takes
 * stream ADDRESS PORT connects CONNECTIONS SIZE SECONDS           the same, and a new connection
 *   each time
 *
 * Prints one line of JSON, as load.c does: a packet is SIZE bytes there and back.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"

#define EVENTS 64
#define MOST (1 << 20)

struct connection {
  int fd;
  size_t written, read;
  uint64_t began;
};

static unsigned char bytes[MOST];
static struct sockaddr_in at;
static int events_fd;
static uint64_t finished, failed;

static void watch(int operation, int fd, uint32_t events, void *what) {
  struct epoll_event event = {.events = events, .data.ptr = what};
  if (epoll_ctl(events_fd, operation, fd, &event) < 0) die("epoll_ctl");
}

static void no_delay(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* All of it; waits while the other end is slow to read. */
static int write_all(int fd, const unsigned char *from, size_t length) {
  while (length > 0) {
    ssize_t n = send(fd, from, length, MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) {
      struct pollfd waiting = {fd, POLLOUT, 0};
      poll(&waiting, 1, 1000);
    } else if (n < 0) {
      return -1;
    } else {
      from += n;
      length -= (size_t)n;
    }
  }
  return 0;
}

static void echo(void) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, 4096) < 0) die("listen");
  /* It ends with the bench, however that ends. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  watch(EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
  for (;;) {
    struct epoll_event events[EVENTS];
    int n = epoll_wait(events_fd, events, EVENTS, -1);
    for (int i = 0; i < n; i++) {
      if (events[i].data.ptr == NULL) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (fd < 0) continue;
        no_delay(fd);
        /* Descriptors are small numbers, and 0 is none of ours. */
        watch(EPOLL_CTL_ADD, fd, EPOLLIN, (void *)(intptr_t)fd);
        continue;
      }
      int fd = (int)(intptr_t)events[i].data.ptr;
      ssize_t got = recv(fd, bytes, sizeof bytes, 0);
      if (got < 0 && errno == EAGAIN) continue;
      if (got <= 0 || write_all(fd, bytes, (size_t)got) < 0) close(fd);
    }
  }
}

static void begin(struct connection *c) {
  c->written = c->read = 0;
  c->began = now();
}

/* A connection that is being made; what it sends waits until it may be written. */
static void open_one(struct connection *c) {
  begin(c);
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (c->fd < 0) die("socket");
  no_delay(c->fd);
  if (connect(c->fd, (struct sockaddr *)&at, sizeof at) < 0 && errno != EINPROGRESS) die("connect");
  watch(EPOLL_CTL_ADD, c->fd, EPOLLIN | EPOLLOUT, c);
}

/* At once and with a reset: no port of the client waits for late segments. */
static void close_one(struct connection *c) {
  struct linger none = {1, 0};
  setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  close(c->fd);
}

/* Sends what is left; whether the connection lives. */
static int push(struct connection *c, size_t size) {
  if (c->written == size) return 1;
  ssize_t n = send(c->fd, bytes, size - c->written, MSG_NOSIGNAL);
  if (n < 0) return errno == EAGAIN;
  c->written += (size_t)n;
  int rest = c->written < size;
  watch(EPOLL_CTL_MOD, c->fd, EPOLLIN | (rest ? EPOLLOUT : 0), c);
  return 1;
}

static int pull(struct connection *c) {
  static unsigned char into[MOST];
  ssize_t n = recv(c->fd, into, sizeof into, 0);
  if (n < 0) return errno == EAGAIN;
  c->read += (size_t)n;
  return n > 0;
}

static void turn(struct connection *c, uint32_t events, size_t size, int again) {
  int lives = (events & EPOLLOUT) == 0 || push(c, size);
  if (lives && (events & EPOLLIN)) lives = pull(c);
  if (lives && (events & (EPOLLERR | EPOLLHUP))) lives = 0;
  if (lives && c->read < size) return;
  if (lives) {
    latency[bucket(now() - c->began)]++;
    finished++;
  } else {
    failed++;
  }
  if (!lives || again) {
    close_one(c);
    open_one(c);
  } else {
    begin(c);
    if (!push(c, size)) failed++;
  }
}

static void loop(size_t size, int again, double seconds) {
  for (uint64_t end = now() + (uint64_t)(seconds * 1e9); now() < end;) {
    struct epoll_event events[EVENTS];
    int n = epoll_wait(events_fd, events, EVENTS, 10);
    for (int i = 0; i < n; i++) turn(events[i].data.ptr, events[i].events, size, again);
  }
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "see the beginning of stream.c\n");
    return 2;
  }
  at.sin_family = AF_INET;
  inet_aton(argv[1], &at.sin_addr);
  at.sin_port = htons((uint16_t)atoi(argv[2]));
  events_fd = epoll_create1(0);
  if (strcmp(argv[3], "echo") == 0) echo();
  if (argc < 7) return 2;
  int count = atoi(argv[4]), again = strcmp(argv[3], "connects") == 0;
  size_t size = (size_t)atoi(argv[5]);
  if (size < 1 || size > MOST) return 2;
  struct connection *all = calloc((size_t)count, sizeof *all);
  if (all == NULL) die("calloc");
  for (int i = 0; i < count; i++) open_one(&all[i]);
  loop(size, again, 0.2);
  finished = failed = 0;
  memset(latency, 0, sizeof latency);
  uint64_t start = now();
  loop(size, again, atof(argv[6]));
  double took = (double)(now() - start) / 1e9;
  print_measured(finished + failed, finished, took, (double)finished / took, (unsigned)count, 0);
  return 0;
}
