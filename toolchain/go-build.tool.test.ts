import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { buildGoTool } from "./go-build.ts";

/** A module that the graph names and no package of the tool needs. */
const NEVER = "example.com/never v1.0.0";
const NEVER_MOD = "module example.com/never\n";
const silent = () => {};
let folder = "";
const before = process.env.GOPROXY;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "go-build-"));
  // A proxy that knows the unneeded module's go.mod and nothing else of it.
  write("proxy/example.com/never/@v/v1.0.0.mod", NEVER_MOD);
  process.env.GOPROXY = `file://${path.join(folder, "proxy")}`;
});

afterEach(() => {
  if (before === undefined) {
    delete process.env.GOPROXY;
  } else {
    process.env.GOPROXY = before;
  }
  rmSync(folder, { recursive: true });
});

function write(name: string, text: string): void {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function tool(main: string) {
  write("tool/go.mod", `module example.com/tool\n\ngo 1.24\n\nrequire ${NEVER} // indirect\n`);
  // dirhash.Hash1 over the one file: what go.sum holds for a go.mod.
  const line = `${createHash("sha256").update(NEVER_MOD).digest("hex")}  go.mod\n`;
  const sum = createHash("sha256").update(line).digest("base64");
  write("tool/go.sum", `${NEVER}/go.mod h1:${sum}\n`);
  write("tool/main.go", main);
  return {
    moduleFolder: path.join(folder, "tool"),
    package: "example.com/tool",
    target: path.join(folder, "bin", "tool"),
  };
}

test("a module that only the graph names is not fetched", async () => {
  const wanted = tool('package main\n\nfunc main() { println("built") }\n');
  await buildGoTool(wanted, silent);
  assert.equal(execFileSync(wanted.target, { stdio: ["ignore", "pipe", "pipe"] }).length, 0);
});

test("of two that want the same tool, one builds it and the other waits", async () => {
  const wanted = tool('package main\n\nfunc main() { println("built") }\n');
  const said: string[] = [];
  const listen = (line: string) => said.push(line);
  await Promise.all([buildGoTool(wanted, listen), buildGoTool(wanted, listen)]);
  assert.deepEqual(said, [`waiting: process ${process.pid} is building it …`]);
  assert.deepEqual(readdirSync(path.dirname(wanted.target)), ["tool"]);
});

test("a build that fails tells the compiler's words and leaves nothing", async () => {
  const wanted = tool("package main\n\nfunc main() { undefinedName() }\n");
  await assert.rejects(
    buildGoTool(wanted, silent),
    /go build failed:[\s\S]*undefined: undefinedName/,
  );
  assert.equal(existsSync(wanted.target), false);
  assert.deepEqual(readdirSync(path.dirname(wanted.target)), []);
});
