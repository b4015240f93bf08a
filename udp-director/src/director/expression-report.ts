import type { Resource } from "../selection/resource.ts";
import type { DirectorLog } from "./api.ts";

/** Different reasons that are told; what fails after that is only counted. */
const MAX_REASONS = 20;

/**
 * Counts each backend that the expression of `loadBalancing` has no value for, and logs each
 * reason once, with the first backend.
 */
export function expressionReport(
  metrics: { expressionFailed(): void },
  log: DirectorLog,
): (candidate: Resource, why: string) => void {
  const told = new Set<string>();
  return ({ metadata: { namespace, name } }, why) => {
    metrics.expressionFailed();
    if (told.has(why) || told.size >= MAX_REASONS) return;
    told.add(why);
    log.warn({}, `loadBalancing.expression passes over ${namespace}/${name}: ${why}`);
  };
}
