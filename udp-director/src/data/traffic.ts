/** Which side of the director. */
export type Side = "client" | "server";

/**
 * Upper bounds of the buckets that packets are counted in by their payload, in bytes; what is
 * larger has a bucket of its own. native/engine.h counts in the same ones.
 */
export const SIZE_BOUNDS = [64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384] as const;

/** Number of the bucket. */
export function sizeBucket(bytes: number): number {
  return Math.min(SIZE_BOUNDS.length, bytes <= 64 ? 0 : 32 - Math.clz32((bytes - 1) >> 6));
}

/** Counts of packets and bytes. Called for every packet: implementations only add. */
export interface TrafficMeter {
  received(source: Side, bytes: number): void;
  sent(destination: Side, bytes: number): void;
  /** A failure of the data path; `type` is a fixed label. */
  error(type: DataPathError): void;
}

/** Failures of the data path, as metric label values. */
export const DATA_PATH_ERRORS = [
  /** The backend's host answered that nobody listens (ICMP port unreachable). */
  "backend_refused",
  /** A backend socket could not be opened, for instance for lack of file descriptors. */
  "backend_socket",
  /** Sending to a backend failed for another reason. */
  "backend_send",
  /** A backend did not accept a TCP connection in time. */
  "backend_timeout",
  /** A backend's TCP connection was reset or lost. */
  "backend_reset",
  /** Sending to a client failed. */
  "client_send",
  /** A data port's socket reported an error. */
  "data_socket",
] as const;
export type DataPathError = (typeof DATA_PATH_ERRORS)[number];
