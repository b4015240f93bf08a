import path from "node:path";
import { parseArgs } from "node:util";
import { packAll } from "./packages/build.ts";
import { main, root, say } from "./terminal.ts";

/** `npm run pack [-- --output FOLDER]`: tarballs of the packages that others install. */
await main(async () => {
  const { values } = parseArgs({
    options: { output: { type: "string", default: ".local/packages" } },
  });
  say("compiling udp-director, pulumi-udp, its plugin and its policies");
  for (const { tarball } of await packAll(path.resolve(root, values.output))) {
    process.stdout.write(`${tarball}\n`);
  }
});
