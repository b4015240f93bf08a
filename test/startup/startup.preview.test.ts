import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

const root = path.resolve(import.meta.dirname, "../..");
/** Files of the program over those of the bare SDK. Loading a cloud's SDK by its root doubles them. */
const MOST_OVER_SDK = 1.25;
let cache = "";

before(() => {
  cache = mkdtempSync(path.join(tmpdir(), "startup-"));
});
after(() => rmSync(cache, { recursive: true }));

interface Load {
  /** CommonJS files: SDKs are such. */
  readonly files: number;
  /** CPU milliseconds from the start of Node until the modules are loaded. */
  readonly cpuMs: number;
}

function load(...modules: readonly string[]): Load {
  const code = [
    `import Module from "node:module";`,
    ...modules.map((module) => `await import(${JSON.stringify(module)});`),
    "const { user, system } = process.cpuUsage();",
    "const files = Object.keys(Module._cache).length;",
    "console.log(JSON.stringify({ files, cpuMs: (user + system) / 1000 }));",
  ].join("\n");
  const text = execFileSync(process.execPath, ["--input-type=module", "-e", code], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, NODE_COMPILE_CACHE: cache },
  });
  return JSON.parse(text);
}

const SDK = "@pulumi/pulumi";
const PROGRAM = [SDK, "./stacks/program.ts"] as const;
const share = (one: Load, sdk: Load) => one.files / sdk.files;

for (const platform of ["aks", "aws", "digitalocean", "local", "metallb"]) {
  test(`the program of ${platform} loads few files besides the bare SDK`, (t) => {
    const modules = [...PROGRAM, `./stacks/platforms/${platform}.ts`];
    // The first of each fills the compile cache; files are what is held, as time depends on the machine.
    load(...modules);
    const [sdk, program] = [load(SDK), load(...modules)];
    t.diagnostic(`SDK ${sdk.files} files, ${sdk.cpuMs.toFixed(0)} ms of CPU`);
    t.diagnostic(`program ${program.files} files, ${program.cpuMs.toFixed(0)} ms of CPU`);
    assert.ok(share(program, sdk) < MOST_OVER_SDK, `${program.files} against ${sdk.files}`);
  });
}

test("SDKs whose roots are loaded would be found", () => {
  for (const module of ["@pulumi/cloudflare", "@pulumi/azure-native/network/index.js"]) {
    const over = share(load(...PROGRAM, module), load(SDK));
    assert.ok(over > MOST_OVER_SDK, `${module}: ${over}`);
  }
});
