import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { sourceFiles } from "../../scripts/testing/source-folders.ts";

const root = path.resolve(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(path.join(root, file), "utf8");

interface Item {
  /** Heading, item of a list, row of a table, or command. */
  readonly kind: "head" | "item" | "row" | "cmd";
  readonly text: string;
}

/** Everything that the five documents say, as it was read out of them, in their order. */
const documents: Readonly<Record<string, readonly Item[]>> = JSON.parse(
  read("test/docs/spec-items.json"),
);
/** Every test file, to look titles up in: each in its quotes. */
const tests = sourceFiles(root, ".test.ts").map(read).join("\n");

interface Row {
  readonly document: string;
  readonly here: string;
  readonly tests: readonly string[];
}

function rowsOf(page: string): readonly Row[] {
  const [head, , ...rows] = page.split("\n").filter((line) => line.startsWith("|"));
  assert.equal(head, "| in the document | here | test |");
  return rows.map((line) => {
    const [, document = "", here = "", titles = "", ...rest] = line.split(" | ".trim());
    assert.deepEqual(rest, [""], line);
    return {
      document: document.trim(),
      here: here.trim(),
      tests: [...titles.matchAll(/`([^`]+)`/g)].map(([, title = ""]) => title),
    };
  });
}

/** Parts of a row's first cell: headings are bold, commands are code. */
const partsOf = ({ document }: Row): string[] =>
  document.split(" · ").map((part) => part.replace(/^(\*\*|`)(.*)\1$/, "$2"));

/** How a row without a test begins: why nothing here can show it. */
const UNTESTED = /^(Outside: |Not asked for|Not on `main` yet: )/;

for (const [number, items] of Object.entries(documents)) {
  const rows = rowsOf(read(`docs/spec-${number}.md`));

  test(`spec/${number}: every heading, requirement, row and command has its row, once`, () => {
    const mapped = rows.flatMap(partsOf);
    assert.deepEqual(mapped.toSorted(), items.map(({ text }) => text).toSorted());
  });

  test(`spec/${number}: every row says what fulfils it, and names tests that exist`, () => {
    for (const row of rows) {
      assert.ok(row.here.length > 5, row.document);
      if (row.tests.length === 0) assert.match(row.here, UNTESTED, row.document);
      for (const title of row.tests) {
        const found = [`"${title}"`, `\`${title}\``].some((quoted) => tests.includes(quoted));
        assert.ok(found, `spec-${number}.md: ${title}`);
      }
    }
  });
}

test("the mapping covers the five documents, and the checks can fail", () => {
  assert.deepEqual(Object.keys(documents), ["000", "001", "002", "003", "004"]);
  const counts = Object.values(documents).map((items) => items.length);
  assert.ok(counts.reduce((sum, count) => sum + count, 0) > 800, counts.join());
  const [row] = rowsOf(
    "| in the document | here | test |\n|---|---|---|\n| **A** · `b` · c | x | `t` |",
  );
  assert.deepEqual(row && [partsOf(row), row.tests], [["A", "b", "c"], ["t"]]);
  assert.ok(!tests.includes(`"${"no such"} title"`));
  assert.doesNotMatch("Somewhere else", UNTESTED);
});
