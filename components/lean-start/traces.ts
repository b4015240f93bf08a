type Format = (error: Error, frames: NodeJS.CallSite[]) => unknown;

/** What of the global `Error` takes part: it has a formatter or has none. */
export interface Traced {
  prepareStackTrace?: Format | undefined;
}

/** The function of the SDK that asks for a trace with each promise. */
const OF_PROMISES = "debuggablePromise";
/** The one that asks where a resource is made, for the engine. */
const OF_RESOURCES = "callsites";
const PACKAGES = /[\\/]node_modules[\\/]/;

/**
 * Pulumi's Node.js SDK keeps a stack trace with each of its promises, about 30 a resource, and
 * shows it only where `PULUMI_DEBUG_PROMISE_LEAKS` asks for it. Making the text is what costs: the
 * SDK's run command has `source-map-support` format it. Those traces are left out here. In those
 * that tell where a resource is made, only the program's own frames are mapped to their sources:
 * nobody looks for packages there, and their maps are large. Whatever formats others, now or set
 * later, goes on doing so.
 *
 * Source: `runtime/debuggable.js`, `resource.js` and `cmd/run/index.js` of `@pulumi/pulumi` 3.270.
 *
 * @param traced The global `Error`.
 * @param environment With `PULUMI_DEBUG_PROMISE_LEAKS` in it, nothing changes.
 */
export function leanTraces(traced: Traced, environment: NodeJS.ProcessEnv): void {
  if (environment.PULUMI_DEBUG_PROMISE_LEAKS) {
    return;
  }
  let format = traced.prepareStackTrace;
  const lean: Format = (error, frames) => {
    const asker = frames[0]?.getFunctionName();
    if (asker === OF_PROMISES) return `${error}`;
    if (asker !== OF_RESOURCES) return format?.(error, frames);
    const lines = frames.map((frame) =>
      PACKAGES.test(frame.getFileName() ?? "") ? `    at ${frame}` : mapped(error, frame),
    );
    return [`${error}`, ...lines].join("\n");
  };
  const mapped = (error: Error, frame: NodeJS.CallSite): string => {
    const text = format?.(error, [frame]);
    return String(text).split("\n").at(-1) ?? "";
  };
  Object.defineProperty(traced, "prepareStackTrace", {
    configurable: true,
    // Without one, Node formats by itself, which is quick.
    get: () => format && lean,
    set: (next: Format | undefined) => {
      format = next;
    },
  });
}
