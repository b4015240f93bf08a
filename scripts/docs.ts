import path from "node:path";
import { buildSite } from "./docs/site.ts";
import { main, root, say } from "./terminal.ts";

/** `npm run docs`: builds the documentation with its API reference and search into .local/docs/site. */
await main(async () => {
  say(`built ${path.relative(root, await buildSite(path.join(root, ".local/docs")))}`);
});
