import { writeFile } from "node:fs/promises";
import path from "node:path";
import { packageSchema } from "./plugin-schema/schema.ts";
import { main, root } from "./terminal.ts";

/** `node scripts/plugin-schema.ts`: writes plugin/schema.json from the library's sources. */
await main(async () => {
  const text = JSON.stringify(packageSchema(), undefined, 2);
  await writeFile(path.join(root, "plugin", "schema.json"), `${text}\n`);
});
