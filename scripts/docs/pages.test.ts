import assert from "node:assert/strict";
import { test } from "node:test";
import { siteFile, sitePage } from "./pages.ts";

const pages = new Set(["README.md", "docs/a.md", "docs/platforms/b.md", "components/README.md"]);
const made = (file: string, text: string) => sitePage({ file, text }, pages);

test("a folder's README is its page", () => {
  assert.equal(siteFile("README.md"), "index.md");
  assert.equal(siteFile("components/README.md"), "components/index.md");
  assert.equal(siteFile("docs/README-x.md"), "docs/README-x.md");
});

test("links to pages stay, those to other files tell their path", () => {
  assert.equal(made("docs/a.md", "[b](platforms/b.md#x)"), "[b](./platforms/b.md#x)");
  assert.equal(
    made("docs/platforms/b.md", "[c](../../components)"),
    "[c](../../components/index.md)",
  );
  assert.equal(made("docs/a.md", "[x](../infra/x.ts)"), "x (`infra/x.ts`)");
  assert.equal(made("docs/a.md", "[x.ts](../infra/x.ts)"), "x.ts");
  assert.equal(
    made("docs/a.md", "[e](https://e.example) [h](#h)"),
    "[e](https://e.example) [h](#h)",
  );
});

test("code stays as it is, and comments are left out", () => {
  const code = "```ts\n<!-- x -->\n[a](b.ts)\n```";
  assert.equal(made("docs/a.md", code), code);
  assert.equal(made("docs/a.md", "<!-- x.ts -->\ntext"), "text");
});
