/**
 * What native/bpf-addon.c gives: maps and programs of the kernel, bpf(2). A number that comes back
 * is a descriptor or 0, or a negative errno value. Descriptors close with the process.
 */
export interface Bpf {
  map(type: number, keySize: number, valueSize: number, entries: number, flags: number): number;
  /** Reads a key's value into `value`. */
  get(map: number, key: Uint8Array, value: Uint8Array): number;
  set(map: number, key: Uint8Array, value: Uint8Array): number;
  unset(map: number, key: Uint8Array): number;
  /** A program for packets of devices, or what the kernel says against it. */
  program(instructions: Uint8Array): number | string;
  /** Has a program see what a device receives, until the descriptor is closed. Linux 6.6. */
  attach(program: number, device: number): number;
  /** Runs a program on a packet of a device: what it returned, and the length of `out`. */
  run(
    program: number,
    device: number,
    packet: Uint8Array,
    out: Uint8Array,
  ): readonly [verdict: number, length: number] | number;
  close(descriptor: number): number;
  /** Numbers of this host's Ethernet devices. */
  devices(): readonly number[] | number;
  /** Processors that per-processor maps have values for. */
  processors(): number;
}

/** Kinds of maps (`enum bpf_map_type`) and their flags. */
export const MAP = { hash: 1, array: 2, perProcessorArray: 6 } as const;
/** Elements take memory when they are there. */
export const ON_DEMAND = 1;
