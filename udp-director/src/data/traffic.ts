/** Which side of the director. */
export type Side = "client" | "server";

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
