import Module from "node:module";

type Load = (this: unknown, request: string, parent: Parent, isMain: boolean) => unknown;
type Parent = { readonly filename?: string } | null | undefined;

/** What of Node's `Module` takes part. Node keeps both for loaders such as this one. */
interface Loader {
  _load: Load;
  _resolveFilename(request: string, parent: Parent): string;
}

/** A module that is loaded when something of it is asked for. */
function lazily(load: () => object): object {
  let loaded: object | undefined;
  return new Proxy(
    {},
    {
      get(_, name) {
        // What TypeScript's helpers ask at once: with it, they copy nothing.
        if (name === "__esModule") return true;
        loaded ??= load();
        return Reflect.get(loaded, name);
      },
    },
  );
}

/**
 * Has CommonJS modules loaded at first use, where files of a folder require them.
 *
 * @param modules Names as they stand in `require`.
 * @param within Part of the requiring file's path, with `/` between folders.
 * @returns Puts everything back.
 */
export function loadLazily(modules: ReadonlySet<string>, within: string): () => void {
  const loader = Module as unknown as Loader;
  const load = loader._load;
  loader._load = function (request, parent, isMain) {
    const asker = parent?.filename?.replaceAll("\\", "/") ?? "";
    if (!modules.has(request) || !asker.includes(within)) {
      return load.call(this, request, parent, isMain);
    }
    // One that is not there fails now: some fall back to another.
    loader._resolveFilename(request, parent);
    return lazily(() => load.call(this, request, parent, isMain) as object);
  };
  return () => {
    loader._load = load;
  };
}
