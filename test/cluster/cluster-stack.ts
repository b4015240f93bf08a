import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Cluster, ClusterOptions } from "../../simulation/cluster/cluster.ts";
import { run } from "../../simulation/cluster/command.ts";
import { clusterStarter } from "../../simulation/cluster/open-cluster.ts";
import {
  DIRECTOR_IMAGE,
  directorArchive,
  metalLbFiles,
  valkeyArchive,
} from "../../simulation/cluster/workloads.ts";
import { openWorkspace, type Workspace } from "../../simulation/engine/index.ts";
import { goTool } from "../../toolchain/go-tool.ts";
import { kubernetes } from "../../toolchain/kubernetes.ts";

/** A cluster with the images of the tests in it, and a way to run Pulumi programs on it. */
export interface ClusterStack {
  readonly cluster: Cluster;
  /** Addresses of the LAN for load balancers, the first of which programs take. */
  readonly addresses: readonly string[];
  /**
   * A stack of a program in a folder of this one, on the cluster.
   *
   * @param kubeconfig Path of another one than the administrator's.
   */
  open(
    program: string,
    config?: Readonly<Record<string, unknown>>,
    kubeconfig?: string,
  ): Promise<Workspace>;
  /** Runs a program of this folder on the LAN with Node.js and gives what it printed, as JSON. */
  onLan<T>(program: string, ...args: readonly string[]): Promise<T>;
  /** Whatever the cluster's own command answers. */
  kubectl(...args: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

export const say = (line: string) => console.log(line);
export const starter = await clusterStarter(say);
/** Reason to skip tests that need a cluster, or `false`. */
export const skip = "missing" in starter ? starter.missing : false;

export interface ClusterStackOptions extends ClusterOptions {
  /**
   * Archives of images beside MetalLB's, which may be written into a folder that is removed.
   * Left out: the director's and its store's.
   */
  readonly images?: (folder: string) => Promise<readonly string[]>;
}

const directorImages = async (folder: string) => [
  await directorArchive(folder),
  await valkeyArchive(folder, say),
];

export async function startClusterStack({
  images = directorImages,
  ...options
}: ClusterStackOptions = {}): Promise<ClusterStack> {
  if ("missing" in starter) throw new Error(starter.missing);
  const [helm, metallb] = [await goTool("helm", say), await metalLbFiles(say)];
  const folder = await mkdtemp(path.join(tmpdir(), "cluster-images-"));
  const [cluster, archives] = await Promise.all([starter.start(options), images(folder)]);
  try {
    await cluster.loadImages([...metallb.archives, ...archives]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const plugin = path.join(import.meta.dirname, "../../simulation/cluster/provider/main.ts");
  const [first = ""] = cluster.pool.split("-");
  const [, network, host] = /^(.*\.)(\d+)$/.exec(first) ?? [];
  const addresses = Array.from({ length: 8 }, (_, index) => `${network}${Number(host) + index}`);
  return {
    cluster,
    addresses,
    open: (program, config = {}, kubeconfig = cluster.kubeconfig) =>
      openWorkspace({
        stack: "test",
        projectDir: path.join(import.meta.dirname, program),
        plugins: { kubernetes: plugin },
        env: { KUBECONFIG: kubeconfig, CLUSTER_HELM: helm },
        config: {
          ...{ image: DIRECTOR_IMAGE, chart: metallb.chart },
          ...{ pool: cluster.pool, address: first, ...config },
        },
        timeoutMs: 300_000,
      }),
    onLan: async (program, ...args) => {
      const file = path.join(import.meta.dirname, program);
      const [command = "", ...rest] = cluster.onLan([process.execPath, file, ...args]);
      return JSON.parse((await run(command, rest, { timeoutMs: 120_000 })).stdout);
    },
    kubectl: async (...args) => {
      const given = ["kubectl", "--kubeconfig", cluster.kubeconfig, ...args];
      return (await run(await kubernetes(say), given, { timeoutMs: 180_000 })).stdout;
    },
    close: () => cluster.close(),
  };
}
