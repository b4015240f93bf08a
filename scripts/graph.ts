import { mermaid } from "./graph/mermaid.ts";
import { graphOf } from "./graph/model.ts";
import { existingStack } from "./stack-names.ts";
import { stackResources } from "./stack-preview.ts";
import { main } from "./terminal.ts";

/** `npm run graph -- STACK`: the way of packets through a stack as Mermaid, from a preview. */
await main(async () => {
  const stack = existingStack(process.argv[2], "npm run graph");
  process.stdout.write(mermaid(graphOf(await stackResources(stack))));
});
