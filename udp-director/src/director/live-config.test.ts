import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { type DirectorConfigInput, directorConfigSchema } from "../config/schema.ts";
import { testConfig } from "../testing/director.ts";
import { podMapping } from "../testing/pod-mapping.ts";
import { configHash } from "./config-hash.ts";
import { applicable, RESTART_KEYS } from "./live-config.ts";

const running = testConfig([]);

test("what needs a restart keeps its value and is named; everything else is taken over", () => {
  const keys = Object.keys(running) as (keyof typeof running)[];
  fc.assert(
    fc.property(fc.subarray(keys.filter((key) => key !== "tokens")), (changed) => {
      const marks = Object.fromEntries(changed.map((key) => [key, { changed: key }]));
      const next = { ...running, ...marks } as unknown as typeof running;
      const { config, restartFor } = applicable(running, next);
      const restart: readonly string[] = RESTART_KEYS;
      assert.deepEqual(
        [...restartFor].sort(),
        changed.filter((key) => restart.includes(key)).sort(),
      );
      for (const key of keys) {
        assert.deepEqual(config[key], (restart.includes(key) ? running : next)[key], key);
      }
    }),
  );
  const next = {
    ...running,
    tokens: { ...running.tokens, resume: "any", singleUse: true },
  } as const;
  const { config, restartFor } = applicable(running, next);
  assert.deepEqual(restartFor, ["tokens.resume"]);
  assert.deepEqual([config.tokens.resume, config.tokens.singleUse], [running.tokens.resume, true]);
});

test("docs/director.md names what needs a restart", () => {
  const page = readFileSync(new URL("../../../docs/director.md", import.meta.url), "utf8");
  const line = page.split("\n").find((one) => one.startsWith("- *With the next restart*")) ?? "";
  const named = [...(/: (.*?)\. The rest/.exec(line)?.[1] ?? "").matchAll(/`([\w.]+)`/g)];
  const keys = [...RESTART_KEYS, "tokens.resume"].filter((key) => !/Ports?$/.test(key));
  assert.deepEqual(named.map(([, key]) => key).sort(), keys.sort());
  assert.match(line, /all ports/);
});

test("the hash is that of the meaning: neither order nor what is left out counts", () => {
  const parse = (input: Partial<DirectorConfigInput>) =>
    directorConfigSchema.parse({
      resourceQueryMapping: {
        echo: podMapping,
      },
      discovery: { static: { resources: [] } },
      ...input,
    });
  const plain = configHash(parse({}));
  assert.equal(configHash(parse({ tokenTtlSeconds: 30, limits: {} })), plain);
  const endpoint = { resourceType: "echo", namespace: "local" };
  const labels = (labelSelector: Record<string, string>) =>
    configHash(parse({ defaultEndpoint: { ...endpoint, labelSelector } }));
  assert.equal(labels({ a: "1", b: "2" }), labels({ b: "2", a: "1" }));
  assert.notEqual(labels({ a: "1" }), labels({ a: "2" }));
  assert.notEqual(configHash(parse({ tokenTtlSeconds: 31 })), plain);
});
