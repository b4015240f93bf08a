type Format = (error: Error, frames: NodeJS.CallSite[]) => unknown;

/** What of the global `Error` takes part: it has a formatter or has none. */
export interface Traced {
  prepareStackTrace?: Format | undefined;
}

/** The function of the SDK that asks where a resource is made, for the engine. */
const OF_RESOURCES = "callsites";
const PACKAGES = /[\\/]node_modules[\\/]/;

/**
 * Pulumi's Node.js SDK takes a stack trace with each resource, and its run command has
 * `source-map-support` make the text, which is what costs. In those that tell where a resource is
 * made, only the program's own frames are mapped to their sources: nobody looks for packages there,
 * and their maps are large. Whatever formats others, now or set later, goes on doing so.
 *
 * Source: `resource.js` and `cmd/run/index.js` of `@pulumi/pulumi` 3.270.
 *
 * @param traced The global `Error`.
 */
export function leanTraces(traced: Traced): void {
  let format = traced.prepareStackTrace;
  const lean: Format = (error, frames) => {
    if (frames[0]?.getFunctionName() !== OF_RESOURCES) return format?.(error, frames);
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
