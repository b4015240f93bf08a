import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Preloaded by `node --import`: changes the source text of one module while it is loaded, and no
 * file. `MUTATION` holds `{ file, from, to }` as JSON, the file as an absolute path.
 */
const { file, from, to } = JSON.parse(process.env.MUTATION ?? "{}");

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.startsWith("file:") || fileURLToPath(url) !== path.resolve(file)) {
      return loaded;
    }
    const parts = readFileSync(file, "utf8").split(from);
    if (parts.length !== 2) {
      throw new Error(`"${from}" occurs ${parts.length - 1} times in ${file}, and not once`);
    }
    process.stderr.write("mutated\n");
    return { ...loaded, source: parts.join(to) };
  },
});
