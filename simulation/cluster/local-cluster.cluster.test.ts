import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, before, type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { sweepLeftovers } from "./leftovers.ts";
import { LocalCluster } from "./local-cluster.ts";
import { localClusterTools } from "./local-cluster-tools.ts";
import { nodePlans } from "./machine/plan.ts";

const tools = await localClusterTools((line) => console.log(line));
const skip = "missing" in tools ? tools.missing : false;
const STARTER = path.join(import.meta.dirname, "testing", "start-cluster.ts");

/** What of clusters can be seen on this machine, outside of their namespaces. */
function traces(): Record<string, readonly string[]> {
  const command = (file: string, ...args: string[]) =>
    execFileSync(file, args, { encoding: "utf8" }).split("\n").filter(Boolean);
  return {
    processes: readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && isOfCluster(pid)),
    mounts: readFileSync("/proc/self/mountinfo", "utf8").split("\n").filter(named),
    // By the names that a cluster gives: others may make and drop theirs at any time.
    links: command("ip", "-brief", "link").filter((line) =>
      /^(lan|client|node-|cni|veth)/.test(line),
    ),
    namespaces: (existsSync("/run/netns") ? readdirSync("/run/netns") : []).filter((name) =>
      /^(client|node-)/.test(name),
    ),
    tables: command("nft", "list", "tables").filter((line) => /kube|metallb|cni/i.test(line)),
    routes: command("ip", "route").filter((line) => /192\.168\.1\.|10\.(244|96)\./.test(line)),
    sysctls: ["kernel/panic", "vm/overcommit_memory", "net/ipv4/ip_forward"].map((name) =>
      readFileSync(`/proc/sys/${name}`, "utf8"),
    ),
    folders: ["/var/lib/kubelet", "/var/log/pods", "/opt/containerd", "/usr/libexec/kubernetes"]
      .concat("/run/containerd", "/etc/cni")
      .filter((folder) => existsSync(folder)),
  };
}

/** Folders and cgroups, by the name that they share with their cluster. */
const remains = (): readonly string[] => [
  ...readdirSync(tmpdir()).filter(named),
  ...globSync("/sys/fs/cgroup/{,*/}pulumi-udp-cluster-*").filter(named),
];

/** A cluster's name begins with the process that started it: others' clusters are not ours. */
function named(text: string): boolean {
  const starters = text.matchAll(/pulumi-udp-cluster-(\d+)-/g);
  return [...starters].some(([, pid]) => ours.has(Number(pid)));
}

/** Processes of this test that have started clusters. */
const ours = new Set([process.pid]);

function isOfCluster(pid: string): boolean {
  try {
    return named(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
  } catch {
    return false;
  }
}

let untouched: ReturnType<typeof traces>;
let cluster: LocalCluster;

before(async () => {
  if ("missing" in tools) return;
  await sweepLeftovers();
  untouched = traces();
  cluster = await LocalCluster.start(tools);
});
after(() => cluster?.close());

test("its node is ready and has the address of the plan", { skip }, async () => {
  const { items } = await cluster.admin.get("/api/v1/nodes");
  assert.deepEqual(
    items.map((node: { status: { addresses: readonly object[] } }) => node.status.addresses[0]),
    [{ type: "InternalIP", address: nodePlans(1)[0]?.address }],
  );
});

test("nothing of it is seen outside but its processes", { skip }, () => {
  const { processes, ...now } = traces();
  assert.ok((processes ?? []).length >= 7, "etcd, four of Kubernetes, kube-proxy and containerd");
  assert.deepEqual({ ...now, processes: [] }, untouched);
});

test("no packet finds a way out, from a node or a client", { skip }, async () => {
  for (const host of ["node-1", "client"]) {
    // The bridge is the default route and forwards nothing: the address is no more than a number.
    const [command = "", ...args] = cluster.onNode(host, ["ip", "route", "get", "203.0.113.7"]);
    const route = execFileSync(command, args, { encoding: "utf8" });
    assert.match(route, /via 192\.168\.1\.1 dev eth0/);
  }
  const [router = "", ...args] = cluster.onRouter(["ip", "route"]);
  const routes = execFileSync(router, args, { encoding: "utf8" });
  assert.equal(routes.trim(), "192.168.1.0/24 dev lan proto kernel scope link src 192.168.1.1");
  const [cat = "", ...file] = cluster.onRouter(["cat", "/proc/sys/net/ipv4/ip_forward"]);
  assert.equal(execFileSync(cat, file, { encoding: "utf8" }).trim(), "0");
});

test("nothing is left when it is closed", { skip }, async () => {
  await cluster.close();
  await untilUntouched();
  assert.deepEqual(remains(), []);
});

/** A process that starts a cluster; resolves when that is ready. It ends with the test. */
async function starter(context: TestContext) {
  const child = spawn(process.execPath, [STARTER], { stdio: ["ignore", "pipe", "inherit"] });
  context.after(() => child.kill("SIGKILL"));
  ours.add(child.pid ?? 0);
  const lines = createInterface({ input: child.stdout });
  await Promise.race([
    once(lines, "line"),
    once(child, "exit").then(() => Promise.reject(new Error("the starter has ended"))),
  ]);
  return child;
}

/** The kernel ends processes and drops their namespaces one after the other. */
async function untilUntouched(): Promise<void> {
  for (const until = performance.now() + 10_000; performance.now() < until; await pause(50)) {
    if (isDeepStrictEqual(traces(), untouched)) return;
  }
  assert.deepEqual(traces(), untouched);
}

test("kill -9 of whoever started it ends it, but for a folder and empty cgroups", {
  skip,
}, async (context) => {
  const child = await starter(context);
  assert.ok((traces().processes ?? []).length >= 7);
  child.kill("SIGKILL");
  await once(child, "exit");
  await untilUntouched();
  assert.notDeepEqual(remains(), []);
  await sweepLeftovers();
  assert.deepEqual(remains(), [], "the next cluster's start sweeps what no kernel does");
});

test("kill -9 of its own leader ends it", { skip }, async (context) => {
  const child = await starter(context);
  const leader = (traces().processes ?? []).find((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith(`${process.execPath}\0`),
  );
  process.kill(Number(leader), "SIGKILL");
  await untilUntouched();
  child.kill("SIGKILL");
  await once(child, "exit");
  await sweepLeftovers();
});

test("a server that cannot start is an error with its last words, and nothing is left", {
  skip,
}, async () => {
  assert.ok(!("missing" in tools));
  const broken = LocalCluster.start({ ...tools, etcd: "/nowhere/etcd" });
  await assert.rejects(broken, /ended etcd[\s\S]*\/nowhere\/etcd/);
  await untilUntouched();
  assert.deepEqual(remains(), []);
});
