import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { parse } from "yaml";
import { previewed } from "../../stacks/testing/previewed.ts";
import { recipes } from "./platforms.ts";

const script = path.resolve(import.meta.dirname, "../new-stack.ts");
const run = promisify(execFile);

for (const [platform, { ports, questions }] of Object.entries(recipes)) {
  test(`a new stack on ${platform} previews green`, async () => {
    const named = questions.some(({ flag }) => flag === "zone");
    const { stdout } = await run(process.execPath, [
      ...[script, "--print", "--yes", "--platform", platform, "--name", "demo", "--ports", ports],
      ...(named ? ["--zone", "example.com"] : []),
    ]);
    const { config } = parse(stdout);
    const { resources, outputs, all } = await previewed("none", config);
    assert.ok(resources.some(({ custom }) => custom));
    assert.ok("endpoint" in outputs);
    const names = all("DnsRecord").map(({ given }) => given.name);
    assert.ok(!named || names.includes("demo.example.com"), `records: ${names}`);
  });
}
