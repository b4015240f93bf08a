import assert from "node:assert/strict";
import { test } from "node:test";
import language from "@pulumi/pulumi/proto/language_pb.js";
import { nodeArguments, programArguments } from "./arguments.ts";

function request(): InstanceType<typeof language.RunRequest> {
  const info = new language.ProgramInfo();
  info.setRootDirectory("/project");
  info.setProgramDirectory("/project");
  info.setEntryPoint("stacks/index.ts");
  const run = new language.RunRequest();
  run.setInfo(info);
  run.setProject("udp");
  run.setStack("debug");
  run.setMonitorAddress("127.0.0.1:1");
  return run;
}

test("the program, the stack and both addresses reach the SDK", () => {
  assert.deepEqual(programArguments(request(), "127.0.0.1:2"), [
    ...["--monitor", "127.0.0.1:1", "--engine", "127.0.0.1:2", "--project", "udp"],
    ...["--root-directory", "/project", "--stack", "debug", "--pwd", "/project"],
    "stacks/index.ts",
  ]);
});

test("a preview is a dry run, with the parallelism asked for", () => {
  const run = request();
  run.setDryrun(true);
  run.setParallel(16);
  const args = programArguments(run, "127.0.0.1:2");
  assert.equal(args.includes("--dry-run"), true);
  assert.equal(args[args.indexOf("--parallel") + 1], "16");
});

test("the program's own arguments come last", () => {
  const run = request();
  run.setArgsList(["--flag"]);
  assert.deepEqual(programArguments(run, "e").slice(-2), ["stacks/index.ts", "--flag"]);
});

test("the project's arguments for Node are words between blanks", () => {
  const options = { typescript: false, nodeargs: " --trace-warnings  --max-semi-space-size=64 " };
  assert.deepEqual(nodeArguments(options), ["--trace-warnings", "--max-semi-space-size=64"]);
  assert.deepEqual(nodeArguments({ typescript: false }), []);
  assert.deepEqual(nodeArguments(), []);
});
