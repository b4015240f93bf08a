/**
 * Responses of the query port: compact JSON, no trailing newline, then the server closes.
 * `token`, and for several ports `address` and `ports`, are the published fields; `ttl` and
 * `directorPorts` are additions that older clients ignore. Source: spec/001, docs/protocol.md.
 */

/** What a successful query or sessionReset hands out. */
export interface TokenGrant {
  readonly token: string;
  /** Seconds until the token expires, counted from the response. */
  readonly ttlSeconds: number;
  /** Data port name to the director's UDP port: where the client sends. */
  readonly directorPorts: Readonly<Record<string, number>>;
  /** Seconds for which a port of a port range is the backend's, and as long as it is used. */
  readonly leaseSeconds?: number;
  /** Backend address and ports by data port name, for mappings with several ports only. */
  readonly backend?: {
    readonly address: string;
    readonly ports: Readonly<Record<string, number>>;
  };
}

/** The JSON text of a grant. */
export function encodeGrant(grant: TokenGrant): string {
  return JSON.stringify({
    token: grant.token,
    ...(grant.backend ? { address: grant.backend.address, ports: grant.backend.ports } : {}),
    ttl: grant.ttlSeconds,
    directorPorts: grant.directorPorts,
    ...(grant.leaseSeconds === undefined ? {} : { leaseSeconds: grant.leaseSeconds }),
  });
}

/** The JSON text of a refusal. */
export function encodeError(message: string): string {
  return JSON.stringify({ error: message });
}

/** What a client learns from a response. */
export type DirectorResponse =
  | {
      readonly ok: true;
      readonly token: string;
      readonly ttlSeconds: number | undefined;
      readonly address: string | undefined;
      readonly ports: Readonly<Record<string, number>> | undefined;
      readonly directorPorts: Readonly<Record<string, number>> | undefined;
      readonly leaseSeconds: number | undefined;
    }
  | { readonly ok: false; readonly error: string };

function portMap(value: unknown): Record<string, number> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const entries = Object.entries(value).filter(([, port]) => typeof port === "number");
  return Object.fromEntries(entries) as Record<string, number>;
}

/** Reads a response of this or of a published director. Anything else is `ok: false`. */
export function decodeResponse(text: string): DirectorResponse {
  let value: Record<string, unknown>;
  try {
    value = { ...JSON.parse(text) };
  } catch {
    return { ok: false, error: "the answer is not JSON; is this the director's query port?" };
  }
  if (typeof value.error === "string") return { ok: false, error: value.error };
  if (typeof value.token !== "string") {
    return { ok: false, error: "the answer has neither token nor error" };
  }
  return {
    ok: true,
    token: value.token,
    ttlSeconds: typeof value.ttl === "number" ? value.ttl : undefined,
    address: typeof value.address === "string" ? value.address : undefined,
    ports: portMap(value.ports),
    directorPorts: portMap(value.directorPorts),
    leaseSeconds: typeof value.leaseSeconds === "number" ? value.leaseSeconds : undefined,
  };
}
