import { openLocalStack } from "./local-stack.ts";
import { main, say } from "./terminal.ts";

await main(async () => {
  const local = await openLocalStack();
  if (!local.exists()) {
    say("there is nothing to take down: npm run up has not run in this clone");
    return;
  }
  await local.run("destroy", "--yes", "--skip-preview");
});
