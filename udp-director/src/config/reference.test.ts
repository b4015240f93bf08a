import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DATA_PATH_ERRORS } from "../data/traffic.ts";
import { directoryConfigSchema } from "../directory/schema.ts";
import { CONNECTION_REFUSALS } from "../query/server.ts";
import { DROP_REASONS } from "../sessions/session-ports.ts";
import { keyReference, keyTable } from "../testing/config-reference.ts";
import { directorConfigSchema } from "./schema.ts";

const read = (name: string) =>
  readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8");
const page = read("director.md");

for (const [name, schema, file] of [
  ["director", directorConfigSchema, "director.md"],
  ["directory", directoryConfigSchema, "discovery.md"],
] as const) {
  test(`docs/${file} has the ${name}'s configuration table as the schema gives it`, () => {
    const table = keyTable(schema);
    assert.ok(read(file).includes(table), `the table should be:\n${table}`);
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
