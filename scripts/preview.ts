import { type DeploymentResult, openWorkspace } from "../simulation/engine/index.ts";
import { findPulumi } from "../toolchain/pulumi.ts";
import { allStacks, existingStack } from "./stack-names.ts";
import { Advice, main, say } from "./terminal.ts";

/**
 * `npm run preview [-- STACK [flags of pulumi preview]]`: previews on the real engine and simulated
 * clouds, with no account. Of one stack every property, unless flags say otherwise; of all a line
 * each.
 */
await main(async () => {
  const [name, ...flags] = process.argv.slice(2);
  // A wrong name is told at once: getting a CLI may take minutes.
  const stack = name === undefined ? undefined : existingStack(name, "npm run preview");
  await findPulumi({ progress: say });
  if (stack === undefined) {
    await previewAll();
    return;
  }
  say(`previewing ${stack} on simulated clouds: no account, nothing leaves this machine`);
  const { terminal, succeeded } = await previewed(stack, flags.length > 0 ? flags : ["--diff"]);
  process.stdout.write(terminal);
  if (!succeeded) {
    throw new Advice(`the preview of ${stack} failed (see above)`);
  }
});

async function previewed(stack: string, flags: readonly string[]): Promise<DeploymentResult> {
  await using workspace = await openWorkspace({ stack });
  return await workspace.preview(...flags);
}

async function previewAll(): Promise<void> {
  const stacks = allStacks();
  say("previewing every stack on simulated clouds: no account, nothing leaves this machine");
  const width = Math.max(...stacks.map((stack) => stack.length));
  const failed: string[] = [];
  for (const stack of stacks) {
    const { succeeded, changes, milliseconds, terminal } = await previewed(stack, []);
    const what = succeeded ? `${changes.create ?? 0} resources to create` : "FAILED";
    const seconds = (milliseconds / 1000).toFixed(1);
    process.stdout.write(`${stack.padEnd(width)}  ${what}, ${seconds} s\n`);
    if (!succeeded) {
      failed.push(stack);
      process.stdout.write(terminal);
    }
  }
  if (failed.length > 0) {
    throw new Advice(`failed: ${failed.join(", ")} (see above)`);
  }
}
