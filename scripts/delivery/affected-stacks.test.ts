import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { affectedStacks, importsOf, programOf, stacksOf } from "./affected-stacks.ts";
import { workingTree } from "./commands/stacks.ts";
import { matrixOf } from "./matrix.ts";

const root = path.resolve(import.meta.dirname, "../..");
const affected = (...changed: string[]) =>
  affectedStacks(changed, workingTree).map(({ name }) => name);
const ALL = globSync("Pulumi.*.yaml", { cwd: root })
  .map((file) => file.split(".")[1] ?? "")
  .sort();
const AKS = ["debug", "prod", "staging"];

test("every stack has the platform of its file", () => {
  assert.deepEqual(
    stacksOf(workingTree),
    ALL.map((name) => {
      const { config } = parse(readFileSync(path.join(root, `Pulumi.${name}.yaml`), "utf8"));
      return { name, platform: config["udp:platform"] };
    }),
  );
});

test("a stack's own file alters that stack alone", () => {
  assert.deepEqual(affected("Pulumi.debug.yaml"), ["debug"]);
  assert.deepEqual(affected("Pulumi.gone.yaml"), []);
});

test("a component alters the stacks of the platforms that load it", () => {
  assert.deepEqual(affected("components/aks/static-ip.ts"), AKS);
  assert.deepEqual(affected("infra/aks-cluster.ts"), AKS);
  assert.deepEqual(affected("stacks/platforms/aws.ts"), ["aws-us-east-2"]);
  const named = affected("components/cloudflare/dns-only-record.ts");
  assert.ok(AKS.every((name) => named.includes(name)) && named.includes("do-nyc1"));
  assert.ok(!named.includes("local"));
  // A provider of our own is started by the engine, not imported.
  assert.deepEqual(affected("components/traefik/ports/config-map-store.ts"), ["l4"]);
});

test("what every program stands on alters them all", () => {
  for (const file of [
    "stacks/program.ts",
    "stacks/settings/settings.ts",
    "package-lock.json",
    "components/package.json",
    "Pulumi.yaml",
    "components/aks/some-template.json",
  ]) {
    assert.deepEqual(affected(file), ALL, file);
  }
});

test("tests, pages, tools and the director's own code alter none", () => {
  assert.deepEqual(
    affected(
      "README.md",
      "components/README.md",
      "components/aks/static-ip.test.ts",
      "simulation/cloud/rule.ts",
      "udp-director/src/main.ts",
      ".github/workflows/ci.yml",
    ),
    [],
  );
});

test("every import of the programs leads to a file: none is overlooked", () => {
  for (const { platform } of stacksOf(workingTree)) {
    const files = programOf(platform, workingTree);
    assert.ok(files.has(`stacks/platforms/${platform}.ts`), platform);
    for (const file of files) {
      for (const target of importsOf(file, workingTree.read(file))) {
        assert.ok(workingTree.files.has(target), `${file} imports ${target}`);
      }
    }
  }
  assert.deepEqual(
    importsOf(
      "a/b.ts",
      'import "./c.ts";\nexport {\n x } from "../d.ts";\nawait import("pulumi-udp/aks"); import z from "zod"',
    ),
    ["a/c.ts", "d.ts", "components/aks/index.ts"],
  );
});

test("a job a stack, on the machine that reaches it, and none for this machine", () => {
  const jobs = matrixOf(stacksOf(workingTree), { "pi-home": "home" });
  assert.ok(!jobs.some(({ stack }) => stack === "local"));
  assert.deepEqual(
    jobs.find(({ stack }) => stack === "pi-home"),
    { stack: "pi-home", platform: "cilium", runner: "home" },
  );
  assert.equal(jobs.find(({ stack }) => stack === "debug")?.runner, "ubuntu-24.04");
});
