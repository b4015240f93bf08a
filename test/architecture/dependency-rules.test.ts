import assert from "node:assert/strict";
import { test } from "node:test";
import {
  componentsReadNoConfig,
  coreIsPure,
  directorKnowsNoPulumi,
  nothingImportsStacks,
  oneWay,
  onlyTestsSimulate,
  policiesLoadNoSdk,
  type Rule,
  sdksByTheFile,
} from "./dependency-rules.ts";
import { repositorySources } from "./source.ts";

const sources = repositorySources();

/** A rule holds over the repository, and fails for each of these lines at these places. */
function rule(name: string, check: Rule, wrong: readonly (readonly [string, string])[]): void {
  test(name, () => {
    assert.deepEqual(sources.flatMap(check), []);
  });
  for (const [path, text] of wrong) {
    test(`${name}: refuses ${text} in ${path}`, () => {
      assert.notDeepEqual(check({ path, text }), []);
      const elsewhere = { path: path.replace(/[^/]+$/, "x.test.ts"), text };
      assert.ok(check(elsewhere).length <= check({ path, text }).length);
    });
  }
}

test("the rules see the repository", () => {
  for (const folder of [
    "components/aks",
    "infra",
    "policy/kubernetes",
    "stacks/settings",
    "udp-director/src/sessions",
  ]) {
    assert.ok(
      sources.some(({ path }) => path.startsWith(`${folder}/`)),
      folder,
    );
  }
});

rule("imports go stacks -> infra -> components", oneWay, [
  ["components/aks/x.ts", 'import { a } from "../../infra/aks.ts";'],
  ["components/aks/x.ts", 'export * from "../../stacks/settings/index.ts";'],
  ["components/aks/x.ts", 'import type { A } from "udp-director/client";'],
  ["components/aks/x.ts", 'import { a } from "../../udp-director/src/config/schema.ts";'],
  ["infra/x.ts", 'const a = await import("../stacks/settings/index.ts");'],
  ["infra/x.ts", 'import { a } from "udp-director/config-schema";'],
  ["stacks/x.ts", 'import { a } from "udp-director/client";'],
  ["udp-director/src/x.ts", 'import { a } from "pulumi-udp/endpoint";'],
  ["policy/x.ts", 'import { a } from "pulumi-udp/aks";'],
  ["policy/aws/x.ts", 'import { a } from "../../components/aws/limits.ts";'],
]);

test("what the direction allows passes", () => {
  const allowed = [
    ["stacks/platforms/x.ts", 'import { a } from "../../infra/aks.ts";'],
    ["stacks/platforms/x.ts", 'import { a } from "pulumi-udp/aks";'],
    ["components/director/x.ts", 'import { a } from "udp-director/config-schema";'],
    ["components/aks/x.ts", 'import { a } from "../kubernetes/index.ts";'],
  ] as const;
  for (const [path, text] of allowed) {
    assert.deepEqual(oneWay({ path, text }), []);
  }
});

rule("nothing but tests and scripts imports stacks", nothingImportsStacks, [
  ["toolchain/x.ts", 'import { a } from "../stacks/program.ts";'],
  ["simulation/x.ts", 'import("../stacks/program.ts");'],
]);

rule("nothing but tests and scripts imports the simulation", onlyTestsSimulate, [
  ["stacks/x.ts", 'import { a } from "../simulation/engine/index.ts";'],
  ["components/aks/x.ts", 'import type { A } from "../../simulation/cloud/world.ts";'],
]);

rule("the director knows nothing of Pulumi", directorKnowsNoPulumi, [
  ["udp-director/src/x.ts", 'import * as pulumi from "@pulumi/pulumi";'],
  ["udp-director/src/x.ts", 'import { a } from "../../components/endpoint/index.ts";'],
]);

rule("policies load no SDK", policiesLoadNoSdk, [
  ["policy/x.ts", 'import { Service } from "@pulumi/kubernetes/core/v1/service.js";'],
  ["policy/x.ts", 'import type { Resource } from "@pulumi/pulumi";'],
]);

rule("cloud SDKs are imported by the file", sdksByTheFile, [
  ["components/aks/x.ts", 'import * as azure from "@pulumi/azure-native";'],
  ["infra/x.ts", 'import { Service } from "@pulumi/kubernetes/core/v1";'],
]);

rule("protocol, sessions and selection have no I/O, clock or randomness", coreIsPure, [
  ["udp-director/src/protocol/x.ts", 'import net from "node:net";'],
  ["udp-director/src/sessions/x.ts", 'import { setTimeout } from "timers/promises";'],
  ["udp-director/src/sessions/x.ts", "const now = Date.now();"],
  ["udp-director/src/sessions/x.ts", "setTimeout(() => {}, 1);"],
  ["udp-director/src/selection/x.ts", "const pick = Math.random();"],
]);

rule("components read neither configuration nor environment", componentsReadNoConfig, [
  ["components/aks/x.ts", 'const a = new pulumi.Config().get("a");'],
  ["components/aks/x.ts", 'const a = new Config("udp");'],
  ["components/aks/x.ts", "const a = process.env.HOME;"],
  ["components/aks/x.ts", "const a = runtime.allConfig();"],
]);
