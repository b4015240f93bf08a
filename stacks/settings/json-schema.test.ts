import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { stackFileSchema } from "./json-schema.ts";

const root = path.resolve(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(path.join(root, file), "utf8");
const STACK_FILES = globSync("Pulumi.*.yaml", { cwd: root });
// Formats are for editors: zod's patterns stand beside them.
const validate = new Ajv({ allErrors: true, strict: false, validateFormats: false }).compile(
  stackFileSchema(),
);

/** Paths of what a text of a stack file gets wrong. */
function mistakes(text: string): string[] {
  validate(parse(text));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

test("stacks/settings/schema.json is the settings as the code has them", () => {
  assert.deepEqual(
    JSON.parse(read("stacks/settings/schema.json")),
    JSON.parse(JSON.stringify(stackFileSchema())),
    "run: node stacks/settings/json-schema.ts > stacks/settings/schema.json",
  );
});

test("every stack's file fits it, and tells editors where it is", () => {
  assert.ok(STACK_FILES.length >= 9);
  for (const file of STACK_FILES) {
    const text = read(file);
    assert.deepEqual(mistakes(text), [], file);
    const line = "# yaml-language-server: $schema=stacks/settings/schema.json\n";
    assert.ok(text.startsWith(line), `${file} begins with ${line}`);
  }
});

test("misspelt keys, wrong values, missing blocks and those of others are found", () => {
  const debug = read("Pulumi.debug.yaml");
  const broken = (from: string | RegExp, to: string) =>
    mistakes(debug.replace(from, to)).join("\n");
  assert.match(broken("protocol: UDP", "protocol: SCTP"), /protocol must be/);
  assert.match(broken(/^( +)dns:/m, "$1dn:"), /must NOT have additional properties/);
  assert.match(
    broken("udp:platform: aks", "udp:platform: local"),
    /udp:aks boolean schema is false/,
  );
  assert.match(
    broken("udp:platform: aks", "udp:platform: metallb"),
    /required property 'udp:metallb'/,
  );
  assert.match(broken("udp:platform: aks", "udp:platform: gcp"), /must be equal to one of/);
});

test("a text may be a secret", () => {
  const secret = (value: string) =>
    mistakes(`config:\n  udp:platform: local\n  udp:local:\n    address: ${value}\n`);
  assert.deepEqual(secret("{ secure: v1:abc }"), []);
  assert.notDeepEqual(secret("{ secret: v1:abc }"), []);
  assert.notDeepEqual(secret("8"), []);
});
