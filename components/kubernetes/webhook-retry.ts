import type { ErrorHook } from "@pulumi/pulumi";
import { retryHook } from "./retry-hook.ts";

/**
 * Attempts after which it is no race any more. With the delays below two minutes for a webhook; an
 * attempt at a kind that is not known takes the provider some fifteen seconds by itself.
 */
const MAX_ATTEMPTS = { webhook: 30, kind: 3 } as const;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 5000;

/**
 * An admission webhook that cannot be asked yet: its pod is ready, but the API server has not heard
 * of its endpoint or its certificate. What the webhook itself refuses ("denied the request") is
 * never among these.
 *
 * @see https://github.com/metallb/metallb/issues/1597
 */
const NOT_YET = /failed calling webhook "[^"]*"/;

/** A custom resource whose definition was installed a moment ago. */
const NO_KIND_YET = /no matches for kind|could not find the requested resource/;

/**
 * Milliseconds to wait before the next attempt; `undefined` for a failure that is not a race, or
 * one that lasts too long.
 *
 * @param errors What went wrong so far, newest first.
 */
export function retryDelayMs(errors: readonly string[]): number | undefined {
  const [newest = ""] = errors;
  const webhook = NOT_YET.test(newest) && !/denied the request/.test(newest);
  const attempts = webhook
    ? MAX_ATTEMPTS.webhook
    : NO_KIND_YET.test(newest)
      ? MAX_ATTEMPTS.kind
      : 0;
  return errors.length < attempts
    ? Math.min(FIRST_DELAY_MS * 2 ** (errors.length - 1), LONGEST_DELAY_MS)
    : undefined;
}

/**
 * A hook that has the engine try an object again while the webhook that admits it is coming up.
 *
 * @param name Unique among the hooks of the program.
 */
export const webhookRetry = (name: string): ErrorHook => retryHook(name, retryDelayMs);
