import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { ruleTable } from "./rule-table.ts";
import { rules } from "./rules.ts";

const docs = path.resolve(import.meta.dirname, "..", "docs");
const read = (page: string) => readFileSync(path.join(docs, page), "utf8");

test("docs/policies.md lists every policy as the code has it", () => {
  const listed = read("policies.md").split("<!-- policies -->\n")[1];
  assert.equal(listed, `${ruleTable()}\n`, "run: node policy/rule-table.ts");
});

test("a page that explains a platform's traps numbers them as the policies do", () => {
  const pages = { "udp-aks": "aks", "udp-nlb": "aws", "udp-do": "digitalocean" };
  for (const { name, trap } of rules) {
    const page = Object.entries(pages).find(([prefix]) => name.startsWith(`${prefix}-`))?.[1];
    if (page !== undefined) {
      assert.match(read(`platforms/${page}.md`), new RegExp(`^\\| ${trap} \\|`, "m"), name);
    }
  }
});
