import type { Progress } from "../../toolchain/go-build.ts";
import type { Cluster } from "./cluster.ts";
import { LocalCluster } from "./local-cluster.ts";
import { localClusterTools } from "./local-cluster-tools.ts";

export interface ClusterOptions {
  /** Left out: 1. */
  readonly nodes?: number;
}

/** Starts clusters on this machine, or why it cannot have any, in a line. */
export type ClusterStarter =
  | { start(options?: ClusterOptions): Promise<Cluster> }
  | { readonly missing: string };

/** What this machine can have: a cluster in namespaces of its own. Builds what is missing. */
export async function clusterStarter(progress: Progress): Promise<ClusterStarter> {
  const tools = await localClusterTools(progress);
  return "missing" in tools ? tools : { start: (options) => LocalCluster.start(tools, options) };
}
