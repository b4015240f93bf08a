import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { mermaid } from "./graph/mermaid.ts";
import { graphOf } from "./graph/model.ts";
import { svg } from "./graph/svg.ts";
import { existingStack } from "./stack-names.ts";
import { stackResources } from "./stack-preview.ts";
import { main } from "./terminal.ts";

/**
 * `npm run graph -- STACK [--svg FILE]`: the way of packets through a stack, from a preview; as
 * Mermaid on stdout, or as a picture in a file.
 */
await main(async () => {
  const { values, positionals } = parseArgs({
    options: { svg: { type: "string" } },
    allowPositionals: true,
  });
  const stack = existingStack(positionals[0], "npm run graph");
  const graph = graphOf(await stackResources(stack));
  if (values.svg === undefined) {
    process.stdout.write(mermaid(graph));
  } else {
    await writeFile(values.svg, await svg(stack, graph));
  }
});
