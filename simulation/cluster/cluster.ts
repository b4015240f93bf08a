import type { KubeClient } from "./kube-client.ts";

/** How a cluster is started. */
export interface ClusterOptions {
  /** Left out: 1. */
  readonly nodes?: number;
}

/**
 * A Kubernetes cluster with nodes that run pods, on a LAN of its own. What a test does with it does
 * not depend on which one it is.
 */
export interface Cluster {
  /** Which one it is, for a report. */
  readonly name: string;
  /** A member of `system:masters`: may do anything. */
  readonly admin: KubeClient;
  /** Path of the administrator's kubeconfig, for programs on this machine. */
  readonly kubeconfig: string;
  /** Names of the nodes. */
  readonly nodes: readonly string[];
  /** Free addresses of the LAN, `first-last`, for load balancers. */
  readonly pool: string;
  /** Puts images into every node. Their pods need `imagePullPolicy` other than `Always`. */
  loadImages(archives: readonly string[]): Promise<void>;
  /** The command line that runs a program on a machine of the LAN which is no node. */
  onLan(line: readonly string[]): readonly string[];
  /** The command line that runs a program in the network of a node. */
  onNode(node: string, line: readonly string[]): readonly string[];
  /** Ends everything. Any number of calls. */
  close(): Promise<void>;
}
