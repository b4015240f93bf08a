import type { ResourceQuery } from "../protocol/request.ts";

/** Which datagrams carry a PROXY protocol header; TCP connections begin with one in any case. */
export type ProxyProtocol = "first" | "every";

/**
 * Where a session leads: one backend address and, for each data port of the director,
 * the backend's port. Immutable; equal targets have equal keys.
 */
export interface BackendTarget {
  /** IP address literal of the backend. */
  readonly address: string;
  /** Data port name to the backend's UDP port. A data port that is absent leads nowhere. */
  readonly ports: ReadonlyMap<string, number>;
  /** `type/namespace/name` of the resource, for logs. */
  readonly resource: string;
  /** What was asked for, so that a sibling can take over. Unknown for tokens of other directors. */
  readonly query?: ResourceQuery | undefined;
  /** Left out: the backend is not told its client. */
  readonly proxyProtocol?: ProxyProtocol | undefined;
  /** Text that is equal exactly for equal address, ports and PROXY protocol. */
  readonly key: string;
}

/** Builds a target; `ports` is copied. */
export function makeTarget(
  address: string,
  ports: Iterable<readonly [dataPort: string, port: number]>,
  resource: string,
  proxyProtocol?: ProxyProtocol,
): BackendTarget {
  const sorted = [...ports].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const target = { address, ports: new Map(sorted), resource };
  if (proxyProtocol === undefined) return { ...target, key: JSON.stringify([address, sorted]) };
  return { ...target, proxyProtocol, key: JSON.stringify([address, sorted, proxyProtocol]) };
}
