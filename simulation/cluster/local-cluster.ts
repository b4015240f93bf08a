import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { descendantsOf } from "../engine/processes.ts";
import type { Cluster, ClusterOptions } from "./cluster.ts";
import { makeClusterFiles } from "./cluster-files.ts";
import { run } from "./command.ts";
import { KubeClient } from "./kube-client.ts";
import { namePrefix, removeCgroups, sweepLeftovers } from "./leftovers.ts";
import { type ClusterPlan, FILES, nodePlans } from "./machine/plan.ts";
import { installNames } from "./names.ts";
import { volumes } from "./volumes.ts";

/** What a cluster on this machine is made of: paths of executables and of image archives. */
export interface LocalClusterTools {
  readonly etcd: string;
  readonly kubernetes: string;
  readonly openssl: string;
  readonly containerd: string;
  /** containerd's own command, for images. */
  readonly ctr: string;
  readonly setpriv: string;
  readonly unshare: string;
  readonly nsenter: string;
  /** Image of the process that holds a pod's namespaces, named `PAUSE_IMAGE`. */
  readonly pauseArchive: string;
  /** Image of CoreDNS, named `NAMES_IMAGE`. */
  readonly namesArchive: string;
}

/** Longest start. Milliseconds; some ten seconds on two idle cores. */
const START_MS = 60_000;
/** Where `ip netns` keeps names, in the leader's view. */
const NETWORKS = "/run/netns";
const LEADER = path.join(import.meta.dirname, "machine", "leader.ts");

/**
 * A real Kubernetes on this machine: every server and pod in network, mount and process namespaces
 * of its own. No packet leaves, nothing outside is changed, and when the process that started it
 * ends, even by SIGKILL, the kernel ends everything: what is left is a folder of logs.
 */
export class LocalCluster implements Cluster {
  readonly name = "local";
  readonly pool = "192.168.1.200-192.168.1.220";
  readonly nodes: readonly string[];
  readonly kubeconfig: string;
  readonly admin: KubeClient;
  readonly #tools: LocalClusterTools;
  readonly #plan: ClusterPlan;
  readonly #relay: Server;
  readonly #onExit = () => this.#child?.kill("SIGKILL");
  #child: ChildProcess | undefined;
  #ended: string | undefined;

  private constructor(tools: LocalClusterTools, plan: ClusterPlan, relay: Server) {
    this.#tools = tools;
    this.#plan = plan;
    this.#relay = relay;
    this.nodes = plan.nodes.map(({ name }) => name);
    this.kubeconfig = this.#file(FILES.kubeconfig("admin"));
    this.admin = KubeClient.ofFiles({
      url: urlOf(relay),
      caFile: this.#file("ca.crt"),
      certFile: this.#file("admin.crt"),
      keyFile: this.#file("admin.key"),
    });
  }

  /** Starts a cluster; resolves when its nodes are ready. Rejects with what a server said last. */
  static async start(
    tools: LocalClusterTools,
    { nodes = 1 }: ClusterOptions = {},
  ): Promise<LocalCluster> {
    await sweepLeftovers();
    const folder = await mkdtemp(path.join(tmpdir(), namePrefix()));
    const plan = { folder, id: path.basename(folder), tools, nodes: nodePlans(nodes) };
    const relay = createServer((from) => {
      const to = connect(path.join(folder, FILES.api));
      from.pipe(to).pipe(from);
      from.on("error", () => to.destroy());
      to.on("error", () => from.destroy());
    });
    relay.listen(0, "127.0.0.1");
    await once(relay, "listening");
    const cluster = new LocalCluster(tools, plan, relay);
    try {
      await mkdir(path.join(folder, FILES.state));
      await makeClusterFiles(tools.openssl, plan, urlOf(relay));
      await cluster.#start();
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  async loadImages(archives: readonly string[]): Promise<void> {
    for (const { name } of this.#plan.nodes) {
      for (const archive of archives) {
        const socket = this.#file(FILES.containerd(name));
        const args = ["--address", socket, "--namespace", "k8s.io", "images", "import"];
        await run(this.#tools.ctr, [...args, "--snapshotter", "overlayfs", archive]);
      }
    }
  }

  onLan(line: readonly string[]): readonly string[] {
    return this.onNode("client", line);
  }

  onNode(node: string, line: readonly string[]): readonly string[] {
    // Through the leader's view of the files: its mounts are not ours.
    const net = `/proc/${this.#leader()}/root${NETWORKS}/${node}`;
    return [this.#tools.nsenter, `--net=${net}`, ...line];
  }

  /** The same where the LAN's bridge is, which is everybody's default route. */
  onRouter(line: readonly string[]): readonly string[] {
    return [this.#tools.nsenter, "--target", `${this.#leader()}`, "--net", ...line];
  }

  async close(): Promise<void> {
    this.#relay.close();
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      child.stdin?.end();
      const late = setTimeout(() => child.kill("SIGKILL"), 5000);
      await once(child, "exit");
      clearTimeout(late);
    }
    process.off("exit", this.#onExit);
    await removeCgroups(this.#plan.id);
    await rm(this.#plan.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  /** The first process of the cluster, as this machine counts. */
  #leader(): number {
    const started = descendantsOf(this.#child?.pid ?? 0);
    const leader = started.find((pid) => existsSync(`/proc/${pid}/root${NETWORKS}/client`));
    if (leader === undefined) throw new Error("the cluster does not run");
    return leader;
  }

  #file(name: string): string {
    return path.join(this.#plan.folder, name);
  }

  async #start(): Promise<void> {
    const { setpriv, unshare } = this.#tools;
    // A shell is the first process there: it takes in orphans, which Node.js does not.
    const init = ["sh", "-c", 'exec 3<&0; "$@" <&3 & wait $!', "cluster"];
    const namespaces = ["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"];
    const leader = [process.execPath, LEADER, this.#file(FILES.plan)];
    const args = ["--pdeathsig", "KILL", unshare, ...namespaces, ...init, ...leader];
    const child = spawn(setpriv, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.#child = child;
    process.once("exit", this.#onExit);
    const said: string[] = [];
    createInterface({ input: child.stderr }).on("line", (line) => said.push(line));
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("ended ")) this.#ended = line;
    });
    child.once("exit", (code, signal) => {
      this.#ended = `the cluster has ended (${signal ?? code})\n${said.join("\n")}`;
    });
    const until = performance.now() + START_MS;
    await this.#until(until, "kube-apiserver", () => this.admin.get("/readyz"));
    const pauseLoaded = this.#until(until, "node-1-containerd", () =>
      this.loadImages([this.#tools.pauseArchive, this.#tools.namesArchive]),
    );
    for (const { name } of this.#plan.nodes) {
      await this.#until(until, `${name}-kubelet`, async () => {
        const { status } = await this.admin.get(`/api/v1/nodes/${name}`);
        const ready = status.conditions.find(({ type }: { type: string }) => type === "Ready");
        if (ready?.status !== "True") throw new Error(ready?.message ?? "no conditions yet");
      });
    }
    await pauseLoaded;
    await installNames(this.admin);
    for (const volume of volumes(this.#plan)) {
      await this.admin.create("/api/v1/persistentvolumes", volume);
    }
  }

  async #until(until: number, server: string, ask: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await ask();
        return;
      } catch (error) {
        if (this.#ended !== undefined || performance.now() > until) {
          const why = this.#ended ?? `${server} is not ready in ${START_MS / 1000} s`;
          throw new Error(`${why}\n${this.#tail(server)}`, { cause: error });
        }
      }
      await pause(50);
    }
  }

  /** Last lines of the program that has ended, else of the one that was waited for. */
  #tail(server: string): string {
    const name = /^ended (\S+)/.exec(this.#ended ?? "")?.[1] ?? server;
    const log = path.join(this.#file(FILES.logs), `${name}.log`);
    if (!existsSync(log)) return `${name} has said nothing`;
    return readFileSync(log, "utf8").trimEnd().split("\n").slice(-15).join("\n");
  }
}

function urlOf(relay: Server): string {
  return `https://127.0.0.1:${(relay.address() as AddressInfo).port}`;
}
