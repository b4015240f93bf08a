/** Wait before the second try. Milliseconds: an API server that restarts is back in seconds. */
const FIRST_MS = 200;
/** Longest wait. Milliseconds: a role that was granted is noticed within half a minute. */
const LONGEST_MS = 30_000;

/**
 * Milliseconds to wait after `failures` failed tries in a row (1 or more): doubled each time up
 * to half a minute, and spread over its upper half by `random` (0..1, 1 excluded), so that many
 * directors do not come back in step.
 */
export function backoffMs(failures: number, random: number): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 30));
  return whole / 2 + (whole / 2) * random;
}
