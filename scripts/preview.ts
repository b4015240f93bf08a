import { openWorkspace } from "../simulation/engine/index.ts";
import { findPulumi } from "../toolchain/pulumi.ts";
import { existingStack } from "./stack-names.ts";
import { Advice, main, say } from "./terminal.ts";

/**
 * `npm run preview -- STACK [flags of pulumi preview]`: a preview on the real engine and simulated
 * clouds, with no account. Shows every property, unless flags say otherwise.
 */
await main(async () => {
  const [name, ...flags] = process.argv.slice(2);
  const stack = existingStack(name, "npm run preview");
  await findPulumi({ progress: say });
  say(`previewing ${stack} on simulated clouds: no account, nothing leaves this machine`);
  await using workspace = await openWorkspace({ stack });
  const { terminal, succeeded } = await workspace.preview(
    ...(flags.length > 0 ? flags : ["--diff"]),
  );
  process.stdout.write(terminal);
  if (!succeeded) {
    throw new Advice(`the preview of ${stack} failed (see above)`);
  }
});
