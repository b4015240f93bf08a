/*
 * Backend of the bench: sends every UDP datagram back, in batches, on one port after the other.
 *
 * echo ADDRESS FIRST-PORT PORTS
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define BATCH 64
#define MAX_PORTS 64

static unsigned char buffers[BATCH][2048];
static struct iovec vectors[BATCH];
static struct sockaddr_in peers[BATCH];
static struct mmsghdr messages[BATCH];

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  /* It ends with the bench, however that ends. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  int first = atoi(argv[2]), count = atoi(argv[3]);
  struct pollfd sockets[MAX_PORTS];
  if (count > MAX_PORTS) count = MAX_PORTS;
  for (int i = 0; i < count; i++) {
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons((uint16_t)(first + i))};
    inet_aton(argv[1], &own.sin_addr);
    int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 32 << 20;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    if (bind(fd, (struct sockaddr *)&own, sizeof own) < 0) {
      perror("bind");
      return 1;
    }
    sockets[i] = (struct pollfd){fd, POLLIN, 0};
  }
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    poll(sockets, (nfds_t)count, -1);
    for (int s = 0; s < count; s++) {
      if ((sockets[s].revents & POLLIN) == 0) continue;
      for (int i = 0; i < BATCH; i++) {
        vectors[i] = (struct iovec){buffers[i], sizeof buffers[i]};
        messages[i].msg_hdr = (struct msghdr){.msg_name = &peers[i],
                                              .msg_namelen = sizeof peers[i],
                                              .msg_iov = &vectors[i],
                                              .msg_iovlen = 1};
      }
      int n = recvmmsg(sockets[s].fd, messages, BATCH, MSG_DONTWAIT, NULL);
      for (int i = 0; i < n; i++) vectors[i].iov_len = messages[i].msg_len;
      for (int done = 0; done < n;) {
        int sent = sendmmsg(sockets[s].fd, messages + done, (unsigned)(n - done), 0);
        if (sent < 1) break;
        done += sent;
      }
    }
  }
}
