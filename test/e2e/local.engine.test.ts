import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { parseDocument } from "yaml";
import { identify } from "../../components/local/process/identity.ts";
import { freePorts } from "../../components/testing/free-port.ts";
import { type LocalStack, openLocalStack } from "../../scripts/local-stack.ts";
import { type LocalOutputs, prove } from "../../scripts/prove.ts";
import { root } from "../../scripts/terminal.ts";

/** One stack through its life, on ports and folders of its own; the tests build on one another. */
let folder = "";
let stack: LocalStack;
const ports: Record<string, number> = {};
const UP = ["up", "--yes", "--skip-preview"] as const;
const PARTS = ["director", "directory", "echo-a", "echo-b"];

before(async () => {
  // What a person may have set for their own stacks must not reach this one.
  process.env.PULUMI_BACKEND_URL = "file:///nonexistent";
  process.env.PULUMI_STACK = "somebody/elses";
  folder = mkdtempSync(path.join(tmpdir(), "local-stack-"));
  const names = ["query", "data", "metrics", "directory", "echoA", "echoB"];
  const free = await freePorts(names.length);
  Object.assign(ports, Object.fromEntries(names.map((name, index) => [name, free[index]])));
  configure({});
  stack = await open();
  await stack.read("stack", "select", "--create");
});

after(async () => {
  configure({});
  await stack.read("destroy", "--yes", "--skip-preview");
  rmSync(folder, { recursive: true });
});

const configFile = () => path.join(folder, "Pulumi.local.yaml");
const open = () => openLocalStack({ folder, configFile: configFile() });

/** The repository's stack file with other ports and folders. */
function configure(changes: Record<string, unknown>, portChanges: Record<string, unknown> = {}) {
  const file = parseDocument(readFileSync(path.join(root, "Pulumi.local.yaml"), "utf8"));
  file.setIn(["config", "udp:local"], {
    stateDir: path.join(folder, "processes"),
    ports: { ...ports, ...portChanges },
    ...changes,
  });
  writeFileSync(configFile(), file.toString());
}

/** Process numbers by part, from the engine's state. */
async function pids(): Promise<Record<string, number>> {
  const state = JSON.parse(await stack.read("stack", "export"));
  return Object.fromEntries(
    state.deployment.resources
      .filter(({ type }: { type: string }) => type === "udp-local:index:Process")
      .map(({ urn, outputs }: { urn: string; outputs: { pid: number } }) => [
        urn
          .split("::")
          .at(-1)
          ?.replace(/-process$/, ""),
        outputs.pid,
      ]),
  );
}

async function packets(): Promise<string> {
  const lines: string[] = [];
  const outputs: LocalOutputs = JSON.parse(await stack.read("stack", "output", "--json"));
  await prove(outputs, (line) => lines.push(line));
  return lines.join("\n");
}

test("up brings four processes, and packets come back through both backends", async () => {
  await stack.read(...UP);
  assert.deepEqual(Object.keys(await pids()).sort(), PARTS);
  const seen = await packets();
  assert.match(seen, /echo-a {5}10 of 10 packets echoed, round trip \d+\.\d\d ms/);
  assert.match(seen, /re-target {2}same socket[\s\S]*echo-b {5}10 of 10 packets echoed/);
  assert.match(seen, /lists "echo" at 127\.0\.0\.1:\d+, healthy/);
});

test("a second up changes nothing", async () => {
  const before = await pids();
  await stack.read(...UP, "--refresh", "--expect-no-changes");
  assert.deepEqual(await pids(), before);
});

test("a director that was killed is drift, and up --refresh brings it back", async () => {
  const { director: killed = 0, ...others } = await pids();
  process.kill(killed, "SIGKILL");
  await stack.read(...UP, "--refresh");
  const { director: back = 0, ...same } = await pids();
  assert.notEqual(back, killed);
  assert.deepEqual(same, others);
  assert.match(await packets(), /echo-b {5}10 of 10/);
});

test("a changed setting restarts the director and nothing else", async () => {
  const { director: old, ...others } = await pids();
  configure({ sessionTimeoutSeconds: 60 });
  await stack.read(...UP);
  const { director: restarted, ...same } = await pids();
  assert.notEqual(restarted, old);
  assert.deepEqual(same, others);
  assert.equal(await identify(old ?? 0), undefined);
  assert.match(await packets(), /echo-a {5}10 of 10/);
});

test("a taken port is one line that names the setting, and the next up mends", async () => {
  const squatter = createSocket("udp4").bind(0, "127.0.0.1");
  await once(squatter, "listening");
  configure({}, { data: squatter.address().port });
  try {
    await assert.rejects(
      stack.read(...UP),
      /UDP port \d+ on 127\.0\.0\.1 is taken by another process: set udp:local\.ports\.data to a free port/,
    );
  } finally {
    squatter.close();
  }
  assert.equal((await pids()).director, 0);
  configure({});
  await stack.read(...UP);
  assert.match(await packets(), /echo-b {5}10 of 10/);
});

test("wrong settings are one error that lists them all, and nothing changes", async () => {
  const before = await pids();
  configure({ tokenTtlSeconds: "soon", color: "red" }, { query: 70_000 });
  await assert.rejects(stack.read(...UP), (error: Error) => {
    assert.match(error.message, /udp:local\.ports\.query: 70000 is not allowed/);
    assert.match(error.message, /udp:local\.tokenTtlSeconds: "soon" is not allowed/);
    assert.match(error.message, /udp:local\.color: is not known/);
    assert.doesNotMatch(error.message, /\n\s+at .*\.ts:/, "a mistake in the settings has no stack");
    return true;
  });
  configure({});
  assert.deepEqual(await pids(), before);
});

test("a state that was lost is no obstacle: its processes make room", async () => {
  const before = await pids();
  rmSync(path.join(folder, "state"), { recursive: true });
  stack = await open();
  await stack.read("stack", "select", "--create");
  await stack.read(...UP);
  for (const pid of Object.values(before)) {
    assert.equal(await identify(pid), undefined);
  }
  assert.match(await packets(), /echo-a {5}10 of 10/);
});

test("a state that cannot be read is one line that says what to do", async () => {
  const file = path.join(folder, "state/.pulumi/stacks/udp/local.json");
  const whole = readFileSync(file, "utf8");
  writeFileSync(file, whole.slice(0, whole.length / 2));
  await assert.rejects(open(), /local\.json is damaged .*: delete .*state and run this again/);
  writeFileSync(file, whole);
});

test("the lock of a run that was killed is taken away", async () => {
  const locks = path.join(folder, "state/.pulumi/locks/organization/udp/local");
  mkdirSync(locks, { recursive: true });
  const lock = { pid: 2 ** 22 + 1, username: "x", hostname: "x", timestamp: new Date() };
  writeFileSync(
    path.join(locks, "11111111-2222-3333-4444-555555555555.json"),
    JSON.stringify(lock),
  );
  await assert.rejects(stack.read(...UP), /locked/);
  stack = await open();
  await stack.read(...UP);
});

test("destroy ends every process", async () => {
  const before = Object.values(await pids());
  assert.equal(before.length, PARTS.length);
  await stack.read("destroy", "--yes", "--skip-preview");
  for (const pid of before) {
    assert.equal(await identify(pid), undefined);
  }
});
