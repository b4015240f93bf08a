/** A machine of the cluster: a network namespace with a kubelet. */
export interface NodePlan {
  readonly name: string;
  /** On the LAN. */
  readonly address: string;
  /** Where its pods get their addresses, such as `10.244.0.0/24`. */
  readonly podRange: string;
}

/** What the leader of a cluster is told: plain data, so that it can be a file. */
export interface ClusterPlan {
  /** Folder that both sides see: certificates, kubeconfigs, sockets, logs. */
  readonly folder: string;
  /** Unique on this machine: names the cluster's cgroups. */
  readonly id: string;
  readonly tools: {
    readonly etcd: string;
    readonly kubernetes: string;
    readonly containerd: string;
  };
  /** The first one is the control plane too. */
  readonly nodes: readonly NodePlan[];
}

/** The LAN that nodes and clients stand in: the range of a home network, as MetalLB's users have. */
export const LAN = {
  prefix: 24,
  /** The default route of everybody, with nothing behind it. */
  router: "192.168.1.1",
  /** A machine that is no part of the cluster. */
  client: "192.168.1.50",
} as const;

/** Range of the Services, with the addresses of the API server's own and of the name service's. */
export const SERVICES = { range: "10.96.0.0/16", api: "10.96.0.1", names: "10.96.0.10" } as const;
/** Range of the pods of all nodes. */
export const PODS = "10.244.0.0/16";
/** Port of the API server on the first node. */
export const API_PORT = 6443;

/** Image of the process that holds a pod's namespaces. */
export const PAUSE_IMAGE = "localhost/pause:1";

export function nodePlans(count: number): readonly NodePlan[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `node-${index + 1}`,
    address: `192.168.1.${10 + index}`,
    podRange: `10.244.${index}.0/24`,
  }));
}

/** Files in the folder of a cluster. */
export const FILES = {
  plan: "plan.json",
  /** Unix socket that leads to the API server. */
  api: "api.sock",
  logs: "logs",
  /** Where the leader mounts memory: what the cluster stores goes with it. */
  state: "state",
  /** Folders for volumes of pods, in memory as the rest. */
  volumes: (node: string) => ["1", "2"].map((name) => `state/${node}/volumes/${name}`),
  containerd: (node: string) => `${node}.containerd.sock`,
  kubeconfig: (user: string) => `${user}.kubeconfig`,
} as const;
