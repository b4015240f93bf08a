import assert from "node:assert/strict";
import { test } from "node:test";
import { UNKNOWN } from "../../components/provider/index.ts";
import { providerConfig, SEALED, stackConfig } from "./stack-config.ts";
import { isSecret, plain, secret, withSecrets } from "./wire.ts";

const SIGNATURE = "4dabf18193072939515e22adb298388d";

test("configuration keys get their project, values become text, overrides win", () => {
  const { values, secretKeys } = stackConfig(
    "udp",
    {
      "udp:platform": "aks",
      "udp:aks": { ports: [1] },
      token: { secure: "v1:x" },
      "azure-native:location": "westeurope",
    },
    { platform: "local", "udp:flag": true },
  );
  assert.deepEqual(values, {
    "udp:platform": "local",
    "udp:aks": '{"ports":[1]}',
    "udp:token": SEALED,
    "azure-native:location": "westeurope",
    "udp:flag": "true",
  });
  assert.deepEqual(secretKeys, ["udp:token"]);
  assert.deepEqual(providerConfig({ values, secretKeys }, "azure-native"), {
    location: "westeurope",
  });
});

test("signed values are opened for providers", () => {
  const output = (value?: string) => ({
    [SIGNATURE]: "d0e6a833031e9bbcd3f4e8bde6ca49a4",
    ...(value === undefined ? {} : { value }),
  });
  const resource = (over: object) => ({
    [SIGNATURE]: "5cf8f73096256a8f31e491e813e4eb8e",
    urn: "urn",
    ...over,
  });
  assert.deepEqual(
    plain({
      a: secret([secret("x")]),
      b: output(),
      c: output("y"),
      d: resource({}),
      e: resource({ id: "id" }),
      f: resource({ id: "" }),
    }),
    { a: ["x"], b: UNKNOWN, c: "y", d: "urn", e: "id", f: UNKNOWN },
  );
});

test("outputs are secret where inputs are, and where the options say", () => {
  const outputs = withSecrets(
    { token: "x", nested: { key: "y", open: 1 }, added: "z", open: true },
    { token: secret("x"), nested: { key: secret("y"), open: 1 } },
    ["added"],
  );
  assert.deepEqual(outputs, {
    token: secret("x"),
    nested: { key: secret("y"), open: 1 },
    added: secret("z"),
    open: true,
  });
  assert.equal(isSecret(outputs.nested), false);
});
