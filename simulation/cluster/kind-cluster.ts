import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { which } from "../../toolchain/debian.ts";
import type { Cluster, ClusterOptions } from "./cluster.ts";
import { run } from "./command.ts";
import { KubeClient } from "./kube-client.ts";
import { namePrefix } from "./leftovers.ts";

/** Longest start, with the download of a node's image. Milliseconds. */
const START_MS = 600_000;

/** What a kind cluster is made with: paths of executables. */
export interface KindTools {
  readonly kind: string;
  readonly docker: string;
}

/** Finds kind and a container engine that answers, or says in a line what is missing. */
export async function kindTools(): Promise<KindTools | { readonly missing: string }> {
  const [kind, docker] = [which("kind"), which("docker")];
  if (kind === undefined || docker === undefined) {
    return { missing: "kind and Docker are not both installed" };
  }
  try {
    await run(docker, ["version"]);
    return { kind, docker };
  } catch {
    return { missing: "no Docker engine answers" };
  }
}

/** A kind cluster's configuration: the same kube-proxy as elsewhere. */
export function kindConfig(nodes: number) {
  return {
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    networking: { kubeProxyMode: "nftables" },
    nodes: Array.from({ length: nodes }, (_, index) => ({
      role: index === 0 ? "control-plane" : "worker",
    })),
  };
}

/**
 * Addresses of a Docker network that its engine hands out last.
 *
 * @param subnets As `docker network inspect` gives them; a /16 of IPv4 is among them.
 */
export function poolOf(subnets: readonly string[]): string {
  const [, start] =
    /^(\d+\.\d+)\.\d+\.\d+\/16$/.exec(subnets.find((one) => /\/16$/.test(one)) ?? "") ?? [];
  if (start === undefined) throw new Error(`no IPv4 network of 16 bits among ${subnets}`);
  return `${start}.255.200-${start}.255.220`;
}

/**
 * The same on kind (https://kind.sigs.k8s.io), for machines with Docker and a registry: nodes are
 * containers, the LAN is Docker's network `kind`, and this machine stands in it.
 */
export class KindCluster implements Cluster {
  readonly name = "kind";
  readonly kubeconfig: string;
  readonly admin: KubeClient;
  readonly pool: string;
  readonly nodes: readonly string[];
  readonly #tools: KindTools;
  readonly #cluster: string;
  readonly #folder: string;

  private constructor(
    tools: KindTools,
    folder: string,
    found: Pick<KindCluster, "admin" | "pool" | "nodes">,
  ) {
    this.#tools = tools;
    this.#folder = folder;
    this.#cluster = clusterName(folder);
    this.kubeconfig = path.join(folder, "kubeconfig");
    this.admin = found.admin;
    this.pool = found.pool;
    this.nodes = found.nodes;
  }

  /** Starts a cluster; resolves when its nodes are ready. */
  static async start(tools: KindTools, { nodes = 1 }: ClusterOptions = {}): Promise<KindCluster> {
    const folder = await mkdtemp(path.join(tmpdir(), namePrefix()));
    const name = clusterName(folder);
    const [config, kubeconfig] = [path.join(folder, "kind.json"), path.join(folder, "kubeconfig")];
    try {
      await writeFile(config, JSON.stringify(kindConfig(nodes)));
      await run(
        tools.kind,
        [
          ...["create", "cluster", "--name", name, "--kubeconfig", kubeconfig],
          ...["--config", config, "--wait", "300s"],
        ],
        { timeoutMs: START_MS },
      );
      const given = await run(tools.kind, ["get", "kubeconfig", "--name", name]);
      const listed = await run(tools.kind, ["get", "nodes", "--name", name]);
      const form = "{{range .IPAM.Config}}{{.Subnet}} {{end}}";
      const network = ["network", "inspect", "kind", "--format", form];
      const subnets = (await run(tools.docker, network)).stdout.trim().split(" ");
      return new KindCluster(tools, folder, {
        admin: KubeClient.ofKubeconfig(given.stdout),
        pool: poolOf(subnets),
        nodes: listed.stdout.trim().split("\n").sort(),
      });
    } catch (error) {
      await remove(tools, folder);
      throw error;
    }
  }

  async loadImages(archives: readonly string[]): Promise<void> {
    for (const archive of archives) {
      const args = ["load", "image-archive", archive, "--name", this.#cluster];
      await run(this.#tools.kind, args, { timeoutMs: START_MS });
    }
  }

  onLan(line: readonly string[]): readonly string[] {
    return line;
  }

  onNode(node: string, line: readonly string[]): readonly string[] {
    return [this.#tools.docker, "exec", node, ...line];
  }

  close(): Promise<void> {
    return remove(this.#tools, this.#folder);
  }
}

/** kind takes small letters only. */
const clusterName = (folder: string): string => path.basename(folder).toLowerCase();

async function remove(tools: KindTools, folder: string): Promise<void> {
  await run(tools.kind, ["delete", "cluster", "--name", clusterName(folder)], {
    timeoutMs: 120_000,
  });
  await rm(folder, { recursive: true, force: true });
}
