import { estimate } from "./cost/estimate.ts";
import { costTable } from "./cost/table.ts";
import { existingStack } from "./stack-names.ts";
import { stackResources } from "./stack-preview.ts";
import { main } from "./terminal.ts";

/** `npm run cost -- STACK`: what a stack costs a month by list price, from a preview. */
await main(async () => {
  const stack = existingStack(process.argv[2], "npm run cost");
  const resources = await stackResources(stack);
  const made = resources.filter(({ custom }) => custom);
  process.stdout.write(costTable(stack, estimate(made)));
});
