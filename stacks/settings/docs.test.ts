import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { z } from "zod";
import { platformSettings } from "./settings.ts";

const page = readFileSync(new URL("../../docs/settings.md", import.meta.url), "utf8");

/** Rows of a section's table: key and default, as they are written. */
function rows(heading: string): ReadonlyMap<string, string> {
  const section = page.split(/^## /m).find((part) => part.startsWith(`\`${heading}\``)) ?? "";
  return new Map(
    [...section.matchAll(/^\| `([^`]+)` \| ([^|]+) \|/gm)].map(([, key = "", value = ""]) => [
      key,
      value.replaceAll("`", "").trim(),
    ]),
  );
}

type Def = {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly shape?: Record<string, z.ZodType>;
  readonly defaultValue?: unknown;
};

const definition = (schema: z.ZodType): Def => schema._zod.def as unknown as Def;

/** Defaults that are one value; those of maps and lists are told in words. */
function defaults(schema: z.ZodType, at = ""): Record<string, unknown> {
  const { type, defaultValue, innerType, element, shape } = definition(schema);
  if (type === "default" && typeof defaultValue !== "object") {
    return { [at]: defaultValue };
  }
  const inner = innerType === undefined ? [] : [[at, innerType] as const];
  const entry = element === undefined ? [] : [[`${at}[]`, element] as const];
  const below = Object.entries(shape ?? {}).map(
    ([key, one]) => [at === "" ? key : `${at}.${key}`, one] as const,
  );
  return Object.assign(
    {},
    ...[...inner, ...entry, ...below].map(([path, one]) => defaults(one, path)),
  );
}

/** Paths of all settings that hold a value. */
function keys(schema: z.ZodType, at = ""): string[] {
  const def = definition(schema);
  if (def.innerType !== undefined) {
    return keys(def.innerType, at);
  }
  if (def.element !== undefined) {
    return keys(def.element, `${at}[]`);
  }
  return def.type === "object"
    ? Object.entries(def.shape ?? {}).flatMap(([key, inner]) =>
        keys(inner, at === "" ? key : `${at}.${key}`),
      )
    : [at];
}

for (const [platform, schema] of Object.entries(platformSettings)) {
  test(`the page lists every setting of ${platform}, and no other`, () => {
    const known = keys(schema);
    assert.ok(known.length > 5);
    assert.deepEqual([...rows(`udp:${platform}`).keys()], known);
  });

  test(`the page's defaults of ${platform} are the ones that are filled in`, () => {
    for (const [key, value] of Object.entries(defaults(schema))) {
      assert.equal(rows(`udp:${platform}`).get(key), String(value), key);
    }
  });
}

test("the page names every platform", () => {
  const [, list = ""] = /^`udp:platform` is ([^;]+);/m.exec(page) ?? [];
  const named = [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  assert.deepEqual(named, Object.keys(platformSettings));
});

test("the README's table has every stack", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const stacks = globSync("Pulumi.*.yaml", { cwd: new URL("../..", import.meta.url) });
  assert.ok(stacks.length > 3);
  for (const file of stacks) {
    assert.match(readme, new RegExp(`^\\|.*\`${file.split(".")[1]}\`.*\\|$`, "m"), file);
  }
});
