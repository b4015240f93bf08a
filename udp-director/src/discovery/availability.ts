import { isDraining } from "../retarget/backends.ts";
import type { Resource } from "../selection/resource.ts";

/** Why a backend that is there gets no new sessions. */
export type DrainReason =
  /** Its label or annotation `udp-director.io/draining` is `true`. */
  | "marked"
  /** Its deletion has begun. */
  | "terminating"
  /** A pod that is not Ready, or has no address yet. */
  | "not_ready";

const items = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function isReady(pod: Resource): boolean {
  const { podIP, conditions } = pod.status ?? {};
  return (
    typeof podIP === "string" &&
    podIP !== "" &&
    items(conditions).some((one) => {
      const { type, status } = (one ?? {}) as {
        readonly type?: unknown;
        readonly status?: unknown;
      };
      return type === "Ready" && status === "True";
    })
  );
}

/**
 * `undefined` for a backend that may get new sessions, else why not. Any backend can be marked as
 * draining, and drains once its deletion has begun; a pod must be Ready and have an address.
 * What else makes a backend fit is the query's business (`statusQuery`).
 */
export function drainReason(resource: Resource, kind: "pod" | "other"): DrainReason | undefined {
  const { deletionTimestamp } = resource.metadata as { readonly deletionTimestamp?: unknown };
  if (isDraining(resource)) return deletionTimestamp === undefined ? "marked" : "terminating";
  return kind === "pod" && !isReady(resource) ? "not_ready" : undefined;
}
