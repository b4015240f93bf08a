import { existsSync, globSync } from "node:fs";
import path from "node:path";
import { openWorkspace } from "../simulation/engine/index.ts";
import { findPulumi } from "../toolchain/pulumi.ts";
import { Advice, main, root, say } from "./terminal.ts";

/**
 * `npm run preview -- STACK [flags of pulumi preview]`: a preview on the real engine and simulated
 * clouds, with no account. Shows every property, unless flags say otherwise.
 */
await main(async () => {
  const [stack, ...flags] = process.argv.slice(2);
  const stacks = globSync("Pulumi.*.yaml", { cwd: root })
    .map((file) => file.split(".")[1])
    .sort();
  if (stack === undefined || stack.startsWith("-")) {
    throw new Advice(`name one stack: npm run preview -- ${stacks.join("|")}`);
  }
  if (!existsSync(path.join(root, `Pulumi.${stack}.yaml`))) {
    throw new Advice(`there is no Pulumi.${stack}.yaml: the stacks are ${stacks.join(", ")}`);
  }
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
