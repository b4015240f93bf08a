import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import type { Properties, Value } from "../components/provider/index.ts";
import { isSecret } from "../simulation/mini-engine/index.ts";
import { type Json, previewed } from "./testing/previewed.ts";

const settingsOf = (stack: string, key: string): Json =>
  parse(readFileSync(path.resolve(import.meta.dirname, `../Pulumi.${stack}.yaml`), "utf8")).config[
    key
  ];

for (const [stack, key] of [
  ["debug", "udp:aks"],
  ["metallb", "udp:metallb"],
] as const) {
  test(`${stack}: a director's keys end in a Secret, and stay one`, async () => {
    const settings = settingsOf(stack, key);
    const config = { tokens: { kind: "sealed", keys: [{ id: "a", secretEnv: "KEY_A" }] } };
    settings.director = { ...settings.director, config, secretEnv: { KEY_A: "a".repeat(64) } };
    const shown = await previewed(stack, { [key]: settings });
    const { stringData } = shown.one("Secret", "director-env").inputs as Properties;
    const whole = isSecret(stringData as Value);
    assert.ok(whole || isSecret((stringData as Properties).KEY_A as Value));
    const { given } = shown.one("ConfigMap", "director-config");
    assert.doesNotMatch(JSON.stringify(given), /a{64}/);
    assert.match(JSON.stringify(given), /KEY_A/);
  });
}
