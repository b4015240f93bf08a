import type { ResourceQuery } from "../protocol/request.ts";

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
  /** Text that is equal exactly for equal address and ports. */
  readonly key: string;
}

/** Builds a target; `ports` is copied. */
export function makeTarget(
  address: string,
  ports: Iterable<readonly [dataPort: string, port: number]>,
  resource: string,
): BackendTarget {
  const sorted = [...ports].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return { address, ports: new Map(sorted), resource, key: JSON.stringify([address, sorted]) };
}
