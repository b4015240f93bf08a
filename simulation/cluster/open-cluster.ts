import type { Progress } from "../../toolchain/go-build.ts";
import type { Cluster, ClusterOptions } from "./cluster.ts";
import { KindCluster, kindTools } from "./kind-cluster.ts";
import { LocalCluster } from "./local-cluster.ts";
import { localClusterTools } from "./local-cluster-tools.ts";

/** Starts clusters on this machine, or why it cannot have any, in a line. */
export type ClusterStarter =
  | { start(options?: ClusterOptions): Promise<Cluster> }
  | { readonly missing: string };

/**
 * What this machine can have: a cluster in namespaces of its own, whose parts are found or built;
 * else one of kind.
 */
export async function clusterStarter(progress: Progress): Promise<ClusterStarter> {
  const local = await localClusterTools(progress);
  if (!("missing" in local)) return { start: (options) => LocalCluster.start(local, options) };
  const kind = await kindTools();
  if (!("missing" in kind)) return { start: (options) => KindCluster.start(kind, options) };
  return { missing: `${local.missing}; ${kind.missing}` };
}
