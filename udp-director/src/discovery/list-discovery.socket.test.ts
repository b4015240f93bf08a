import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { StaticResource } from "../config/resources.ts";
import { ListDiscovery } from "./list-discovery.ts";

const resource = (name: string, address = "10.0.0.1"): StaticResource => ({
  resourceType: "echo",
  namespace: "local",
  name,
  labels: {},
  annotations: {},
  address,
  ports: { udp: 9101 },
  status: {},
});
const file = (...names: string[]) =>
  JSON.stringify({ resources: names.map((name) => resource(name)) });

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "udp-director-"));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

/** A discovery over a file, and a way to wait for its next word. */
async function over(t: TestContext, path: string, statics: StaticResource[] = []) {
  const words = new EventEmitter();
  const discovery = new ListDiscovery(
    { static: { resources: statics }, file: { path, pollSeconds: 0.05 }, dnsRefreshSeconds: 60 },
    {
      knownTypes: ["echo"],
      resolveName: async () => ["10.0.0.7"],
      report: {
        info: (message) => words.emit("info", message),
        problem: (kind, message) => words.emit("problem", `${kind}: ${message}`),
        apiRequest: () => assert.fail("a file is no Kubernetes API"),
      },
    },
  );
  t.after(() => discovery.close());
  const next = async (kind: "info" | "problem") => {
    const [message] = await once(words, kind, { signal: AbortSignal.timeout(5000) });
    // The list follows the word after its names are resolved.
    await new Promise((resolve) => setImmediate(resolve));
    return String(message);
  };
  const names = () => discovery.list("echo", "local").map((one) => one.metadata.name);
  return { discovery, next, names };
}

test("a changed file is read again; a half-written one keeps the last good list", async (t) => {
  const path = join(await folder(t), "backends.json");
  await writeFile(path, file("a"));
  const { discovery, next, names } = await over(t, path);
  await discovery.start();
  assert.deepEqual(names(), ["a"]);
  assert.equal(discovery.ready, true);

  const problem = next("problem");
  await writeFile(path, file("a", "b").slice(0, 60));
  assert.match(await problem, /^file: cannot use discovery file .*; the last good list stays$/);
  assert.deepEqual(names(), ["a"]);
  assert.equal(discovery.ready, true);

  const info = next("info");
  await writeFile(path, file("a", "b"));
  assert.match(await info, /^read 2 backends from /);
  assert.deepEqual(names(), ["a", "b"]);
});

test("a swapped symlink, as ConfigMap mounts do it, is followed", async (t) => {
  const dir = await folder(t);
  for (const [version, names] of [
    ["v1", ["a"]],
    ["v2", ["b", "c"]],
  ] as const) {
    await mkdir(join(dir, version));
    await writeFile(join(dir, version, "backends.yaml"), file(...names));
  }
  await symlink("v1", join(dir, "..data"));
  await symlink(join("..data", "backends.yaml"), join(dir, "backends.yaml"));
  const { discovery, next, names } = await over(t, join(dir, "backends.yaml"));
  await discovery.start();
  assert.deepEqual(names(), ["a"]);
  const info = next("info");
  await symlink("v2", join(dir, "..data_tmp"));
  await rename(join(dir, "..data_tmp"), join(dir, "..data"));
  await info;
  assert.deepEqual(names(), ["b", "c"]);
});

test("a missing file keeps readiness away until it appears", async (t) => {
  const path = join(await folder(t), "backends.json");
  const { discovery, next, names } = await over(t, path);
  const problem = next("problem");
  await discovery.start();
  assert.match(await problem, /ENOENT.*not ready until it is good/);
  assert.equal(discovery.ready, false);
  const info = next("info");
  await writeFile(path, file("a"));
  await info;
  assert.equal(discovery.ready, true);
  assert.deepEqual(names(), ["a"]);
});

test("static and file lists are joined; names resolve; the configuration wins a clash", async (t) => {
  const path = join(await folder(t), "backends.json");
  const odd = { ...resource("odd"), resourceType: "unknown" };
  await writeFile(
    path,
    JSON.stringify({ resources: [resource("a", "10.9.9.9"), resource("c"), odd] }),
  );
  const statics = [resource("a"), resource("b", "db.example")];
  const { discovery, names } = await over(t, path, statics);
  await discovery.start();
  assert.deepEqual(names(), ["a", "b", "c"]);
  const addresses = discovery.list("echo", "local").map((one) => one.status?.address);
  assert.deepEqual(addresses, ["10.0.0.1", "10.0.0.7", "10.0.0.1"]);
  assert.deepEqual(discovery.counts(), [
    { resourceType: "echo", namespace: "local", resources: 3 },
  ]);
  assert.deepEqual(discovery.list("echo", "elsewhere"), []);
});

test("a slow resolver delays readiness and its own backends, nothing else", async () => {
  const slow = Promise.withResolvers<string[]>();
  const discovery = new ListDiscovery(
    {
      static: { resources: [resource("a"), resource("b", "slow.example")] },
      dnsRefreshSeconds: 60,
    },
    {
      knownTypes: ["echo"],
      resolveName: () => slow.promise,
      report: { info: () => undefined, problem: () => undefined, apiRequest: () => undefined },
    },
  );
  const names = () => discovery.list("echo", "local").map((one) => one.metadata.name);
  const started = discovery.start();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(names(), ["a"]);
  assert.equal(discovery.ready, false);
  slow.resolve(["10.0.0.8"]);
  await Promise.all([started, discovery.whenReady]);
  assert.deepEqual(names(), ["a", "b"]);
  await discovery.close();
});

test("names are resolved again at their interval", async (t) => {
  const answers = [["10.0.0.1"], ["10.0.0.2"]];
  const second = Promise.withResolvers<void>();
  const discovery = new ListDiscovery(
    { static: { resources: [resource("a", "db.example")] }, dnsRefreshSeconds: 0.02 },
    {
      knownTypes: ["echo"],
      resolveName: async () => {
        const answer = answers.shift();
        if (answer === undefined) second.resolve();
        return answer ?? ["10.0.0.2"];
      },
      report: { info: () => undefined, problem: () => undefined, apiRequest: () => undefined },
    },
  );
  t.after(() => discovery.close());
  const address = () => discovery.list("echo", "local")[0]?.status?.address;
  await discovery.start();
  assert.equal(address(), "10.0.0.1");
  // The interval alone keeps no process alive; this does, for as long as the test may take.
  const alive = setTimeout(() => second.reject(new Error("never asked again")), 5000);
  await second.promise;
  clearTimeout(alive);
  assert.equal(address(), "10.0.0.2");
});
