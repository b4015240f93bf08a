import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

const root = path.resolve(import.meta.dirname, "../..");
/** Loading an SDK's root instead of the files in use makes the program several times slower. */
const MOST_OVER_SDK = 2;
const ROUNDS = 4;
let cache = "";

before(() => {
  cache = mkdtempSync(path.join(tmpdir(), "startup-"));
});
after(() => rmSync(cache, { recursive: true }));

/** CPU milliseconds from the start of Node until the modules are loaded, compile cache warm. */
function cpuMs(...modules: readonly string[]): number {
  const code = [
    ...modules.map((module) => `await import(${JSON.stringify(module)});`),
    "const { user, system } = process.cpuUsage();",
    "console.log((user + system) / 1000);",
  ].join("\n");
  const text = execFileSync(process.execPath, ["--input-type=module", "-e", code], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, NODE_COMPILE_CACHE: cache },
  });
  return Number(text);
}

const SDK = "@pulumi/pulumi";
const PROGRAM = [SDK, "./stacks/program.ts"] as const;

/** Both in turn, so that a machine that slows down slows both; the quickest of each. */
function compare(platform: string): { sdk: number; program: number } {
  let sdk = Number.POSITIVE_INFINITY;
  let program = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    sdk = Math.min(sdk, cpuMs(SDK));
    program = Math.min(program, cpuMs(...PROGRAM, platform));
  }
  return { sdk, program };
}

for (const platform of ["aks", "local"]) {
  test(`the program of ${platform} loads in less than ${MOST_OVER_SDK} times the bare SDK`, (t) => {
    const { sdk, program } = compare(`./stacks/platforms/${platform}.ts`);
    t.diagnostic(`SDK ${sdk.toFixed(0)} ms, program ${program.toFixed(0)} ms of CPU`);
    assert.ok(program < MOST_OVER_SDK * sdk, `${program} ms against ${sdk} ms`);
  });
}

test("SDKs whose roots are loaded would be found", () => {
  const sdk = Math.min(cpuMs(SDK), cpuMs(SDK));
  const roots = ["@pulumi/cloudflare", "@pulumi/azure-native/network/index.js"];
  assert.ok(cpuMs(...PROGRAM, ...roots) > MOST_OVER_SDK * sdk);
});
