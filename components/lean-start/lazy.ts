import { answerLoads } from "./loads.ts";

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
  return answerLoads(({ request, asker, load, find }) => {
    if (!modules.has(request) || !asker.includes(within)) return load();
    // One that is not there fails now: some fall back to another.
    find();
    return lazily(() => load() as object);
  });
}
