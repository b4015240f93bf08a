import assert from "node:assert/strict";
import { test } from "node:test";
import { requiredVersion, toolLines } from "./go-tool.ts";

const GO_MOD = `module example

go 1.26.0

tool github.com/a/b/v3/cmd/tool

require (
	github.com/a/b v1.0.0 // indirect
	github.com/a/b/v3 v3.2.1 // indirect
)

require github.com/c/d v0.1.0
`;

test("the version is that of the module which holds the command", () => {
  assert.equal(requiredVersion(GO_MOD, "github.com/a/b/v3/cmd/tool"), "3.2.1");
  assert.equal(requiredVersion(GO_MOD, "github.com/a/b/cmd"), "1.0.0");
  assert.equal(requiredVersion(GO_MOD, "github.com/c/d"), "0.1.0");
});

test("a command of a module that is not required is an error", () => {
  assert.throws(() => requiredVersion(GO_MOD, "github.com/a/bc"), /no required module holds/);
});

test("tools stand alone on a line or several in brackets", () => {
  assert.deepEqual(toolLines(GO_MOD), ["github.com/a/b/v3/cmd/tool"]);
  const several = "tool (\n\texample.com/a/one\n\texample.com/a/two\n)\n";
  assert.deepEqual(toolLines(several), ["example.com/a/one", "example.com/a/two"]);
  assert.deepEqual(toolLines("module none\n"), []);
});
