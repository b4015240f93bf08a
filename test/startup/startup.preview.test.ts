import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type Load, load } from "./load.ts";

/** Files of the program over those of the bare SDK. Loading a cloud's SDK by its root doubles them. */
const MOST_OVER_SDK = 1.25;
const SDK = "@pulumi/pulumi";
const PROGRAM = [SDK, "./stacks/program.ts"] as const;

let sdk: Load;
before(async () => {
  sdk = await load(SDK);
});
const share = ({ files }: Load) => files.length / sdk.files.length;
const told = ({ files, cpuMs }: Load) => `${files.length} files, ${cpuMs.toFixed(0)} ms of CPU`;

// Files are what is held, as time depends on the machine.
for (const platform of ["aks", "aws", "digitalocean", "local", "metallb"]) {
  test(`the program of ${platform} loads few files besides the bare SDK`, async (t) => {
    const program = await load(...PROGRAM, `./stacks/platforms/${platform}.ts`);
    t.diagnostic(`SDK ${told(sdk)}; program ${told(program)}`);
    assert.ok(share(program) < MOST_OVER_SDK, `${told(program)} against ${told(sdk)}`);
  });
}

test("SDKs whose roots are loaded would be found", async () => {
  for (const module of ["@pulumi/cloudflare", "@pulumi/azure-native/network/index.js"]) {
    const over = share(await load(...PROGRAM, module));
    assert.ok(over > MOST_OVER_SDK, `${module}: ${over}`);
  }
});
