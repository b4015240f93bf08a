import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { Step } from "../engine/index.ts";
import { recordings } from "./recording.ts";
import { losses } from "./upgrade.ts";

const step = (operation: string, type: string, name: string): Step => ({
  operation,
  type,
  name,
  urn: `urn:pulumi:s::p::${type}::${name}`,
  diff: {},
  replaces: [],
  inputs: {},
  outputs: {},
  failed: false,
});
const ADDRESS = "azure-native:network:PublicIPAddress";

test("what stays, changes in place or comes anew is no loss", () => {
  const steps = ["same", "update", "create", "refresh"].map((one) => step(one, ADDRESS, "ip"));
  assert.deepEqual(losses({ steps }), []);
});

test("a child under another name without an alias is a creation and a deletion: red", () => {
  const steps = [step("create", ADDRESS, "relay-address"), step("delete", ADDRESS, "relay-ip")];
  assert.deepEqual(losses({ steps }), [`delete ${ADDRESS} relay-ip`]);
});

test("a replacement is a loss in each of its steps, unless it was announced", () => {
  const steps = ["replace", "create-replacement", "delete-replaced"].map((one) =>
    step(one, ADDRESS, "ip"),
  );
  assert.equal(losses({ steps }).length, 3);
  assert.deepEqual(losses({ steps }, ["PublicIPAddress ip"]), []);
  assert.equal(losses({ steps }, ["PublicIPAddress other"]).length, 3);
});

test("every component of a cloud or a cluster is in a recording", () => {
  const components = path.resolve(import.meta.dirname, "..", "..", "components");
  // Those for this machine have no state that an upgrade could lose.
  const declared = globSync("*/*.ts", { cwd: components, exclude: ["local/**"] }).flatMap((file) =>
    [
      ...readFileSync(path.join(components, file), "utf8").matchAll(/super\("(pulumi-udp:[^"]+)"/g),
    ].map(([, type]) => type),
  );
  const recorded = new Set(
    recordings().flatMap(({ state }) =>
      (state.deployment.resources ?? []).map((resource) => (resource as { type: string }).type),
    ),
  );
  assert.ok(declared.length > 25);
  assert.deepEqual(
    declared.filter((type) => !recorded.has(type ?? "")),
    [],
  );
});
