import { createRequire } from "node:module";
import { answerLoads } from "./loads.ts";

/** What of `runtime/debuggable.js` takes part. */
interface Debuggable {
  debuggablePromise(this: unknown, ...args: unknown[]): unknown;
}

/** Where the SDK's files are, and how they and the file system name the one that is meant. */
const SDK = "/@pulumi/pulumi/";
const REQUEST = /\/debuggable$/;
const FILE = /[\\/]@pulumi[\\/]pulumi[\\/]runtime[\\/]debuggable\.js$/;

/**
 * Pulumi's Node.js SDK takes a stack trace with each of its promises, about 30 a resource, and
 * shows it only where `PULUMI_DEBUG_PROMISE_LEAKS` asks for it. Here it takes one without frames.
 *
 * Source: `runtime/debuggable.js` of `@pulumi/pulumi` 3.270, which the SDK's own files reach
 * through its exports.
 *
 * @param traced The global `Error`.
 * @param environment With `PULUMI_DEBUG_PROMISE_LEAKS` in it, nothing changes.
 * @returns Puts back how modules are loaded; promises stay as they are.
 */
export function leanPromises(
  traced: Pick<ErrorConstructor, "stackTraceLimit">,
  environment: NodeJS.ProcessEnv,
): () => void {
  if (environment.PULUMI_DEBUG_PROMISE_LEAKS) {
    return () => undefined;
  }
  const done = new WeakSet<object>();
  const thin = (exports: unknown) => {
    const debuggable = exports as Partial<Debuggable>;
    const { debuggablePromise } = debuggable;
    // One that is being loaded right now has nothing yet, and is asked for again.
    if (debuggablePromise === undefined || done.has(debuggable)) return;
    done.add(debuggable);
    debuggable.debuggablePromise = function (...args) {
      const { stackTraceLimit } = traced;
      traced.stackTraceLimit = 0;
      try {
        return debuggablePromise.apply(this, args);
      } finally {
        traced.stackTraceLimit = stackTraceLimit;
      }
    };
  };
  // As a program's first import this comes after the SDK.
  const { cache } = createRequire(import.meta.url);
  for (const [file, module] of Object.entries(cache)) {
    if (FILE.test(file)) thin(module?.exports);
  }
  return answerLoads(({ request, asker, load }) => {
    const exports = load();
    if (REQUEST.test(request) && asker.includes(SDK)) thin(exports);
    return exports;
  });
}
