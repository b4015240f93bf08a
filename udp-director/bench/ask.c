/*
 * Queries for the bench: each on a TCP connection of its own, at times that are fixed beforehand.
 *
 * ask ADDRESS PORT RATE SECONDS REQUEST...   RATE queries a second, the requests in turn
 *
 * A query takes from the time at which it was due until its answer has come and the connection has
 * been closed: one that is sent late, or waits behind others, takes that much longer. `late` is
 * how much of it the generator itself is to blame for. Prints one line of JSON.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "measure.h"

#define EVENTS 64
#define PATIENCE 5000000000u
/* An answer that grants something begins with it. */
#define GRANT "{\"token\":"

struct query {
  int fd;
  uint64_t due;
  const char *request;
  size_t read;
  char begins[sizeof GRANT - 1];
};

static struct sockaddr_in to;
static int events_fd;
static uint64_t answered, failed, lateness[BUCKETS];

static void finish(struct query *q, int granted) {
  latency[bucket(now() - q->due)]++;
  if (granted) answered++;
  else failed++;
  close(q->fd);
  q->fd = -1;
}

static void ask(struct query *q) {
  int on = 1;
  q->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (q->fd < 0) die("socket");
  setsockopt(q->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  lateness[bucket(now() - q->due)]++;
  struct epoll_event event = {.events = EPOLLOUT, .data.ptr = q};
  if ((connect(q->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) ||
      epoll_ctl(events_fd, EPOLL_CTL_ADD, q->fd, &event) < 0)
    finish(q, 0);
}

/* The request fits into the buffer of a fresh connection. */
static void send_request(struct query *q) {
  size_t length = strlen(q->request);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = q};
  if (send(q->fd, q->request, length, MSG_NOSIGNAL) != (ssize_t)length ||
      epoll_ctl(events_fd, EPOLL_CTL_MOD, q->fd, &event) < 0)
    finish(q, 0);
}

static void read_answer(struct query *q) {
  char text[4096];
  for (;;) {
    ssize_t n = recv(q->fd, text, sizeof text, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      finish(q, n == 0 && q->read >= sizeof q->begins && memcmp(q->begins, GRANT, sizeof q->begins) == 0);
      return;
    }
    for (ssize_t i = 0; i < n && q->read + (size_t)i < sizeof q->begins; i++)
      q->begins[q->read + (size_t)i] = text[i];
    q->read += (size_t)n;
  }
}

int main(int argc, char **argv) {
  if (argc < 6) {
    fprintf(stderr, "see the beginning of ask.c\n");
    return 2;
  }
  prctl(PR_SET_TIMERSLACK, 1);
  to.sin_family = AF_INET;
  inet_aton(argv[1], &to.sin_addr);
  to.sin_port = htons((uint16_t)atoi(argv[2]));
  double rate = atof(argv[3]);
  uint64_t count = (uint64_t)(rate * atof(argv[4])), begun = 0;
  struct query *all = calloc(count + 1, sizeof *all);
  if (all == NULL) die("calloc");
  events_fd = epoll_create1(0);
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct epoll_event tick = {.events = EPOLLIN, .data.ptr = NULL};
  if (timer < 0 || epoll_ctl(events_fd, EPOLL_CTL_ADD, timer, &tick) < 0) die("timer");
  uint64_t start = now() + 1000000;
  uint64_t end = start + (uint64_t)(atof(argv[4]) * 1e9) + PATIENCE;
  for (uint64_t i = 0; i < count; i++) {
    all[i].due = start + (uint64_t)((double)i * 1e9 / rate);
    all[i].request = argv[5 + i % (uint64_t)(argc - 5)];
  }
  while (answered + failed < count && now() < end) {
    while (begun < count && all[begun].due <= now()) ask(&all[begun++]);
    uint64_t next = begun < count ? all[begun].due : end;
    struct itimerspec at = {.it_value = {(time_t)(next / 1000000000u), (long)(next % 1000000000u)}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
    struct epoll_event events[EVENTS];
    int n = epoll_wait(events_fd, events, EVENTS, -1);
    for (int i = 0; i < n; i++) {
      struct query *q = events[i].data.ptr;
      if (q == NULL) continue;
      if (events[i].events & EPOLLOUT) send_request(q);
      else read_answer(q);
    }
  }
  /* Nobody has answered the rest. */
  for (uint64_t i = 0; i < begun; i++)
    if (all[i].fd >= 0) finish(&all[i], 0);
  printf("{\"answered\":%llu,\"failed\":%llu,\"p50\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"late\":%.1f}\n",
         (unsigned long long)answered, (unsigned long long)failed, quantile(latency, 0.5),
         quantile(latency, 0.99), quantile(latency, 0.999), quantile(lateness, 0.99));
  return 0;
}
