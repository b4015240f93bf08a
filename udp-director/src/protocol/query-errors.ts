/**
 * Error texts of the query port, exactly as published where a published one exists.
 * Clients compare them, so they change only with the protocol. Texts about framing and
 * JSON stand in framing.ts and request.ts. Source: docs/protocol.md.
 */
export const queryErrors = {
  unknownResourceType: (type: string) => `Unknown resource type: ${type}`,
  noMatch: "No matching resources found",
  address: (why: string) => `Failed to extract address: ${why}`,
  port: (why: string) => `Failed to extract port: ${why}`,
  ports: (why: string) => `Failed to extract ports: ${why}`,
  noService: (name: string) => `No service found for resource: ${name}`,
  invalidToken: "Invalid or expired token",
  /** Additions of this director. */
  timedOut: "Query timed out",
  draining: "Director is shutting down",
  unauthorized: "Unauthorized",
  storeUnavailable: "Session store cannot be asked",
  tokensFull: "Too many outstanding tokens",
  unknownRange: (range: string) => `Unknown port range: ${range}`,
  rangeFull: (range: string) => `No free port in range: ${range}`,
  sessionsFull: "Too many sessions",
  noSession: (address: string, port: number | undefined) =>
    `No session for ${address}${port === undefined ? "" : ` port ${port}`}`,
  ambiguousSession: (address: string, count: number) =>
    `${address} has ${count} sessions: name one with clientPort`,
} as const;
