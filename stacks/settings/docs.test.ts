import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { z } from "zod";
import { aksSettings } from "./aks.ts";
import { localSettings } from "./local.ts";
import { parseSettings } from "./settings.ts";

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

/** Paths of all settings that hold a value. */
function keys(schema: z.ZodType, at = ""): string[] {
  const { def } = schema._zod as unknown as {
    def: {
      type: string;
      innerType?: z.ZodType;
      element?: z.ZodType;
      shape?: Record<string, z.ZodType>;
    };
  };
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

test("the page lists every setting, and no other", () => {
  assert.deepEqual([...rows("udp:local").keys()], keys(localSettings));
  assert.deepEqual([...rows("udp:aks").keys()], keys(aksSettings));
  assert.ok(keys(aksSettings).includes("ports[].port"));
});

test("the page's defaults are the ones that are filled in", () => {
  const settings = parseSettings({ "udp:platform": "local" });
  assert.ok(settings.platform === "local");
  const { ports, ...rest } = settings.local;
  const flat = {
    ...rest,
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [`ports.${name}`, port])),
  };
  for (const [key, value] of Object.entries(flat)) {
    assert.equal(rows("udp:local").get(key), String(value), key);
  }
});
