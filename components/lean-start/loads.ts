import Module from "node:module";

/** Who requires a module. */
export type Parent = { readonly filename?: string } | null | undefined;
type Load = (this: unknown, request: string, parent: Parent, isMain: boolean) => unknown;

/** What of Node's `Module` takes part. Node keeps both for loaders such as this one. */
interface Loader {
  _load: Load;
  _resolveFilename(request: string, parent: Parent): string;
}

const loader = Module as unknown as Loader;

/** A CommonJS module that is asked for. */
export interface Asked {
  /** As it stands in `require`. */
  readonly request: string;
  /** Path of the file that asks, with `/` between folders; empty where there is none. */
  readonly asker: string;
  /** Loads it. */
  load(): unknown;
  /** Throws where it is not there. */
  find(): void;
}

/** Has `answer` give what is required; returns what puts everything back. */
export function answerLoads(answer: (asked: Asked) => unknown): () => void {
  const load = loader._load;
  loader._load = function (request, parent, isMain) {
    return answer({
      request,
      asker: parent?.filename?.replaceAll("\\", "/") ?? "",
      load: () => load.call(this, request, parent, isMain),
      find: () => void loader._resolveFilename(request, parent),
    });
  };
  return () => {
    loader._load = load;
  };
}
