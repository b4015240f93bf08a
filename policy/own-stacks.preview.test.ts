import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { isUnknown, type Value as Previewed } from "../components/provider/index.ts";
import { type PreviewOptions, plain, preview } from "../simulation/mini-engine/index.ts";
import { rules } from "./rules.ts";
import { faultsOf } from "./testing/rule-cases.ts";
import { type Properties, UNKNOWN, type Value } from "./values.ts";

const root = path.resolve(import.meta.dirname, "..");
const testProgram = {
  projectDir: path.join(root, "simulation", "test-program"),
  world: { zones: ["example.com"] },
};

/** The names of the rules that a previewed stack breaks, by level. */
async function broken(options: PreviewOptions) {
  const { exitCode, terminal, resources } = await preview({ timeoutMs: 110_000, ...options });
  assert.equal(exitCode, 0, terminal);
  const given = resources.map(({ urn, type, name, protect, deleteBeforeReplace, ...resource }) => ({
    ...{ urn, type, name, protect, deleteBeforeReplace },
    props: propsOf(resource.inputs),
  }));
  const faults = rules.map((rule) => ({ ...rule, faults: faultsOf(rule, "", given) }));
  const names = (level: string) =>
    faults.filter((rule) => rule.level === level && rule.faults.length > 0).map(({ name }) => name);
  return { mandatory: names("mandatory"), advisory: names("advisory"), count: given.length };
}

const propsOf = (inputs: Readonly<Record<string, Previewed>>): Properties =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, asSeen(plain(value))]));

function asSeen(value: Previewed): Value {
  if (isUnknown(value)) {
    return UNKNOWN;
  }
  if (Array.isArray(value)) {
    return value.map(asSeen);
  }
  return typeof value === "object" && value !== null
    ? propsOf(value as Readonly<Record<string, Previewed>>)
    : (value as Value);
}

for (const [stack, options, advisory] of [
  ["debug", { projectDir: root }, ["udp-deployment-one-replica", "udp-address-protected"]],
  ["staging", { projectDir: root }, ["udp-deployment-one-replica"]],
  ["prod", { projectDir: root }, ["udp-deployment-one-replica"]],
  ["aws", { ...testProgram, main: "aws.ts" }, ["udp-address-protected"]],
  ["digitalocean", { ...testProgram, main: "digitalocean.ts" }, []],
] as const) {
  test(`the stack ${stack} breaks no mandatory policy, and is warned of what it chose`, async () => {
    const found = await broken({ stack, ...options });
    assert.ok(found.count > 5);
    assert.deepEqual(found.mandatory, []);
    assert.deepEqual(found.advisory, advisory);
  });
}

test("a stack with mistakes breaks policies", async () => {
  const found = await broken({
    ...testProgram,
    stack: "dev",
    main: "mistakes.ts",
    config: { case: "warns" },
  });
  assert.deepEqual(found.mandatory, []);
  assert.deepEqual(found.advisory, ["udp-service-cluster-policy"]);
});
