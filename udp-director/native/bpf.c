#include "bpf.h"

#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of Linux 6.6; headers may be older than the kernel. */
#define TCX_INGRESS 46

static const char LICENSE[] = "GPL";

static uint64_t pointer(const void *to) { return (uint64_t)(uintptr_t)to; }

static int bpf(enum bpf_cmd command, union bpf_attr *attributes) {
  long result = syscall(SYS_bpf, command, attributes, sizeof *attributes);
  return result < 0 ? -errno : (int)result;
}

int bpf_map(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t entries,
            uint32_t flags) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.map_type = type;
  attributes.key_size = key_size;
  attributes.value_size = value_size;
  attributes.max_entries = entries;
  attributes.map_flags = flags;
  return bpf(BPF_MAP_CREATE, &attributes);
}

static int element(enum bpf_cmd command, int map, const void *key, const void *value) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.map_fd = (uint32_t)map;
  attributes.key = pointer(key);
  attributes.value = pointer(value);
  return bpf(command, &attributes);
}

int bpf_map_get(int map, const void *key, void *value) {
  return element(BPF_MAP_LOOKUP_ELEM, map, key, value);
}

int bpf_map_set(int map, const void *key, const void *value) {
  return element(BPF_MAP_UPDATE_ELEM, map, key, value);
}

int bpf_map_delete(int map, const void *key) {
  return element(BPF_MAP_DELETE_ELEM, map, key, NULL);
}

/* A signal would end the kernel's check of the program, and a profiler sends a thousand a second. */
static int load(union bpf_attr *attributes) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int made = bpf(BPF_PROG_LOAD, attributes);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return made;
}

int bpf_program(const void *instructions, size_t length, char *log, uint32_t log_size) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.prog_type = BPF_PROG_TYPE_SCHED_CLS;
  attributes.insns = pointer(instructions);
  attributes.insn_cnt = (uint32_t)(length / sizeof(struct bpf_insn));
  attributes.license = pointer(LICENSE);
  strcpy(attributes.prog_name, "udp_director");
  int made = load(&attributes);
  if (made >= 0 || log_size == 0) return made;
  /* Once more for the reason, which is not written down otherwise. */
  attributes.log_level = 1;
  attributes.log_buf = pointer(log);
  attributes.log_size = log_size;
  return load(&attributes);
}

int bpf_attach(int program, uint32_t device) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.link_create.prog_fd = (uint32_t)program;
  attributes.link_create.target_ifindex = device;
  attributes.link_create.attach_type = TCX_INGRESS;
  return bpf(BPF_LINK_CREATE, &attributes);
}

int bpf_run(int program, uint32_t device, const void *packet, uint32_t length, void *out,
            uint32_t *out_length, uint32_t *verdict) {
  struct __sk_buff context;
  union bpf_attr attributes;
  memset(&context, 0, sizeof context);
  memset(&attributes, 0, sizeof attributes);
  context.ifindex = device;
  attributes.test.prog_fd = (uint32_t)program;
  attributes.test.data_in = pointer(packet);
  attributes.test.data_size_in = length;
  attributes.test.data_out = pointer(out);
  attributes.test.data_size_out = *out_length;
  attributes.test.ctx_in = pointer(&context);
  attributes.test.ctx_size_in = sizeof context;
  attributes.test.repeat = 1;
  int failed = bpf(BPF_PROG_TEST_RUN, &attributes);
  *out_length = attributes.test.data_size_out;
  *verdict = attributes.test.retval;
  return failed;
}

int bpf_close(int descriptor) { return close(descriptor) < 0 ? -errno : 0; }

int ethernet_devices(uint32_t *devices, int most) {
  struct if_nameindex *all = if_nameindex();
  int query = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  int found = all == NULL || query < 0 ? -errno : 0;
  for (struct if_nameindex *one = all; found >= 0 && one->if_index != 0; one++) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", one->if_name);
    if (ioctl(query, SIOCGIFHWADDR, &request) < 0) continue;
    if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER || found == most) continue;
    devices[found++] = one->if_index;
  }
  if (all != NULL) if_freenameindex(all);
  if (query >= 0) close(query);
  return found;
}

int possible_processors(void) {
  int first, last = 0;
  FILE *list = fopen("/sys/devices/system/cpu/possible", "re");
  if (list == NULL) return -errno;
  /* "0-3", or "0". */
  int read = fscanf(list, "%d-%d", &first, &last);
  fclose(list);
  return read == 1 ? first + 1 : last + 1;
}
