import { Advice, main } from "./terminal.ts";

/** What the workflows run. Loaded one by one: `stacks` has to run before anything is installed. */
const COMMANDS: Readonly<Record<string, () => Promise<{ run(args: string[]): Promise<void> }>>> = {
  stacks: () => import("./delivery/commands/stacks.ts"),
  comment: () => import("./delivery/commands/comment.ts"),
  plan: () => import("./delivery/commands/plan.ts"),
  drift: () => import("./delivery/commands/drift.ts"),
  "porter-pods": () => import("./delivery/commands/porter-pods.ts"),
  "import-file": () => import("./delivery/commands/import-file.ts"),
};

/** `node scripts/deliver.ts COMMAND [flags]`: docs/delivery.md has each. */
await main(async () => {
  const [name = "", ...args] = process.argv.slice(2);
  const command = COMMANDS[name];
  if (command === undefined) {
    throw new Advice(`name one command: ${Object.keys(COMMANDS).join(", ")}`);
  }
  await (await command()).run(args);
});
