/*
 * Maps and programs of the kernel: bpf(2). What is made is a descriptor, which closes with the
 * process, and what only it held is gone then. Failures are negative errno values.
 */
#ifndef BPF_H
#define BPF_H
#include <stddef.h>
#include <stdint.h>

/* `type`: an `enum bpf_map_type`. */
int bpf_map(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t entries,
            uint32_t flags);
int bpf_map_get(int map, const void *key, void *value);
int bpf_map_set(int map, const void *key, const void *value);
int bpf_map_delete(int map, const void *key);

/* A program for packets of devices. `log`: what the kernel says where it refuses it. */
int bpf_program(const void *instructions, size_t length, char *log, uint32_t log_size);
/* Has a program see what a device receives, after programs that do so already. Linux 6.6. */
int bpf_attach(int program, uint32_t device);
/*
 * Runs a program on a packet that came to `device`, whose result is in `out` then. Returns what
 * the program returned as `*verdict`.
 */
int bpf_run(int program, uint32_t device, const void *packet, uint32_t length, void *out,
            uint32_t *out_length, uint32_t *verdict);

/* Closes any of these descriptors. A program is attached as long as `bpf_attach`'s is open. */
int bpf_close(int descriptor);

/* Numbers of this host's Ethernet devices; the number of them, `most` at most. */
int ethernet_devices(uint32_t *devices, int most);
/* Processors that per-processor maps have values for. */
int possible_processors(void);
#endif
