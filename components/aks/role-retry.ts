import type { ErrorHook } from "@pulumi/pulumi";
import { retryHook } from "../kubernetes/index.ts";

/** With the delays below: some eleven minutes. Azure gives a role ten to take effect. */
const MAX_ATTEMPTS = 27;
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 30_000;

/** Rights that are missing on a resource that the refused one names. */
const NO_RIGHTS_YET = /LinkedAuthorizationFailed/;

/**
 * Milliseconds to wait before the next attempt; `undefined` for a failure of another kind, or one
 * that lasts too long.
 *
 * @param errors What went wrong so far, newest first.
 */
export function roleDelayMs(errors: readonly string[]): number | undefined {
  return NO_RIGHTS_YET.test(errors[0] ?? "") && errors.length < MAX_ATTEMPTS
    ? Math.min(FIRST_DELAY_MS * 2 ** (errors.length - 1), LONGEST_DELAY_MS)
    : undefined;
}

/**
 * A hook that has the engine try a resource again while a role that it needs is taking effect. The
 * provider itself asks once.
 *
 * @param name Unique among the hooks of the program.
 * @see https://learn.microsoft.com/azure/role-based-access-control/troubleshooting#symptom---role-assignment-changes-are-not-being-detected
 */
export const roleRetry = (name: string): ErrorHook => retryHook(name, roleDelayMs);
