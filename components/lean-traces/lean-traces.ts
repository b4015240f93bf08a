type Format = (error: Error, frames: NodeJS.CallSite[]) => unknown;

/** What of the global `Error` takes part: it has a formatter or has none. */
export interface Traced {
  prepareStackTrace?: Format | undefined;
}

/** The function of the SDK that asks for a trace with each promise. */
const MAKER = "debuggablePromise";

/**
 * Leaves out the traces of the SDK's promises. Whatever formats the others, now or set later, goes
 * on doing so.
 */
export function leanTraces(traced: Traced, environment: NodeJS.ProcessEnv): void {
  if (environment.PULUMI_DEBUG_PROMISE_LEAKS) {
    return;
  }
  let format = traced.prepareStackTrace;
  const lean: Format = (error, frames) =>
    frames[0]?.getFunctionName() === MAKER ? `${error}` : format?.(error, frames);
  Object.defineProperty(traced, "prepareStackTrace", {
    configurable: true,
    // Without one, Node formats by itself, which is quick.
    get: () => format && lean,
    set: (next: Format | undefined) => {
      format = next;
    },
  });
}
