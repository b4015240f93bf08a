import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DATA_PATH_ERRORS } from "../data/traffic.ts";
import { directoryConfigSchema } from "../directory/schema.ts";
import { CONNECTION_REFUSALS } from "../query/server.ts";
import { DROP_REASONS } from "../sessions/session-ports.ts";
import { keyReference, keyTable } from "../testing/config-reference.ts";
import { directorConfigSchema } from "./schema.ts";

const page = readFileSync(new URL("../../../docs/director.md", import.meta.url), "utf8");

for (const [name, schema] of [
  ["director", directorConfigSchema],
  ["directory", directoryConfigSchema],
] as const) {
  test(`docs/director.md has the ${name}'s configuration table as the schema gives it`, () => {
    const table = keyTable(schema);
    assert.ok(page.includes(table), `the table should be:\n${table}`);
  });

  test(`every key of the ${name}'s configuration says what it does`, () => {
    for (const { key, meaning } of keyReference(schema)) assert.notEqual(meaning, "", key);
  });
}

test("docs/director.md explains every drop reason and names every error type", () => {
  for (const reason of DROP_REASONS) assert.ok(page.includes(`| \`${reason}\` |`), reason);
  for (const type of [...DATA_PATH_ERRORS, ...CONNECTION_REFUSALS])
    assert.ok(page.includes(`\`${type}\``), type);
});
