import { ErrorHook, type ErrorHookArgs } from "@pulumi/pulumi";

/**
 * A hook that has the engine try a resource again. Needs a Pulumi CLI with error hooks, which says
 * so itself where it has none.
 *
 * @param name Unique among the hooks of the program.
 * @param delayMs Milliseconds to wait before the next attempt; `undefined` for a failure that
 *   waiting does not heal. Gets what went wrong so far, newest first.
 */
export function retryHook(
  name: string,
  delayMs: (errors: readonly string[]) => number | undefined,
): ErrorHook {
  return new ErrorHook(name, async ({ errors }: ErrorHookArgs) => {
    const delay = delayMs(errors);
    if (delay !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
    return delay !== undefined;
  });
}
