import assert from "node:assert/strict";
import { test } from "node:test";
import type { Properties } from "../../provider/index.ts";
import { UNKNOWN } from "../../provider/index.ts";
import { processHandler } from "./handler.ts";

const REF = { urn: "urn:pulumi:s::p::udp-local:index:Process::x", type: "t", name: "x" };
const INPUTS: Properties = {
  workDir: "/tmp/x",
  command: ["sleep", "1"],
  health: { http: "http://127.0.0.1:1/" },
};

async function failures(news: Properties) {
  const result = await processHandler.check?.({
    ...REF,
    olds: {},
    news,
    randomSeed: new Uint8Array(),
  });
  return result?.failures?.map(({ property }) => property);
}

function diff(oldInputs: Properties, news: Properties, oldOutputs: Properties = { pid: 5 }) {
  return processHandler.diff({ ...REF, id: "x", oldInputs, oldOutputs, news, ignoreChanges: [] });
}

test("what is missing, unknown or of the wrong shape is named", async () => {
  assert.deepEqual(await failures(INPUTS), []);
  assert.deepEqual(await failures({}), ["workDir", "command", "health"]);
  assert.deepEqual(await failures({ ...INPUTS, comand: [] }), ["comand"]);
  assert.deepEqual(await failures({ ...INPUTS, workDir: "relative" }), ["workDir"]);
  assert.deepEqual(await failures({ ...INPUTS, command: [] }), ["command"]);
  assert.deepEqual(await failures({ ...INPUTS, files: { "../up": "" } }), ['files["../up"]']);
  assert.deepEqual(await failures({ ...INPUTS, files: { "process.log": "" } }), [
    'files["process.log"]',
  ]);
});

test("what is unknown in a preview is no mistake", async () => {
  assert.deepEqual(await failures({ ...INPUTS, workDir: UNKNOWN, command: UNKNOWN }), []);
});

test("a changed input restarts in place, another folder replaces", async () => {
  assert.deepEqual((await diff(INPUTS, INPUTS)).changes, {});
  assert.deepEqual((await diff(INPUTS, { ...INPUTS, command: ["true"] })).changes, {
    command: "update",
  });
  assert.deepEqual((await diff(INPUTS, { ...INPUTS, workDir: "/tmp/y" })).changes, {
    workDir: "update-replace",
  });
});

test("a process that a failed restart left dead is started by the next deployment", async () => {
  assert.deepEqual((await diff(INPUTS, INPUTS, { pid: 0 })).changes, { pid: "update" });
});

test("a preview starts nothing and does not know the number yet", async () => {
  const created = await processHandler.create({
    ...REF,
    inputs: INPUTS,
    preview: true,
    timeoutSeconds: 0,
    signal: new AbortController().signal,
  });
  assert.equal(created.outputs.pid, UNKNOWN);
  assert.equal(created.outputs.logFile, "/tmp/x/process.log");
});
