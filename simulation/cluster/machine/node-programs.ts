import path from "node:path";
import type { Program } from "./control-plane.ts";
import { type ClusterPlan, FILES, type NodePlan, PAUSE_IMAGE, PODS, SERVICES } from "./plan.ts";

/** Where Debian's containernetworking-plugins puts its executables. */
export const CNI_PLUGINS = "/usr/lib/cni";

/** Files and programs of a node. Everything is below the node's own folder, which is in memory. */
export interface NodeSetup {
  /** Text by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly programs: readonly Program[];
}

/** Below every cgroup hierarchy: what the pods of a node are in. */
export const cgroupOf = (plan: ClusterPlan, node: NodePlan): string => `/${plan.id}/${node.name}`;

/** containerd, kubelet and kube-proxy of a node. */
export function nodeSetup(plan: ClusterPlan, node: NodePlan): NodeSetup {
  const own = (name: string) => path.join(plan.folder, FILES.state, node.name, name);
  const shared = (name: string) => path.join(plan.folder, name);
  const socket = shared(FILES.containerd(node.name));
  const named = (name: string, command: string, ...args: readonly string[]): Program => ({
    name: `${node.name}-${name}`,
    command,
    args,
  });
  return {
    files: {
      [own("containerd.toml")]: containerdConfig(own("containerd"), socket, own("cni")),
      [path.join(own("cni"), "pods.conflist")]: json(podNetwork(node.podRange, own("cni-data"))),
      // For pods that ask the node's name service: refused at once, where nobody would answer the
      // machine's.
      [own("resolv.conf")]: "nameserver 127.0.0.1\n",
      [own("kubelet.json")]: json({
        ...kubeletConfig(shared, node.name),
        containerRuntimeEndpoint: `unix://${socket}`,
        cgroupRoot: cgroupOf(plan, node),
        resolvConf: own("resolv.conf"),
        volumePluginDir: own("volume-plugins"),
      }),
      [own("kube-proxy.json")]: json(
        proxyConfig(node.name, shared(FILES.kubeconfig("kube-proxy"))),
      ),
    },
    programs: [
      named("containerd", plan.tools.containerd, "--config", own("containerd.toml")),
      {
        ...named(
          "kubelet",
          plan.tools.kubernetes,
          "kubelet",
          `--config=${own("kubelet.json")}`,
          `--kubeconfig=${shared(FILES.kubeconfig(node.name))}`,
          `--hostname-override=${node.name}`,
          `--node-ip=${node.address}`,
        ),
        needs: "containerd",
      },
      named(
        "kube-proxy",
        plan.tools.kubernetes,
        "kube-proxy",
        `--config=${own("kube-proxy.json")}`,
      ),
    ],
  };
}

const json = (value: object) => JSON.stringify(value, null, 2);

/**
 * containerd's CRI plugin, version 2 of its configuration.
 * Source: containerd docs/cri/config.md of release/1.6.
 */
function containerdConfig(root: string, socket: string, cni: string): string {
  const cri = `plugins."io.containerd.grpc.v1.cri"`;
  return `version = 2
root = "${root}"
state = "/run/containerd"
# The first would make /opt/containerd, the others look for file systems that are not meant.
disabled_plugins = [
  "io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]
[grpc]
  address = "${socket}"
[${cri}]
  sandbox_image = "${PAUSE_IMAGE}"
  # Without CAP_SYS_RESOURCE no process may lower its score, and every pod would fail.
  restrict_oom_score_adj = true
[${cri}.containerd]
  snapshotter = "overlayfs"
[${cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[${cri}.cni]
  bin_dir = "${CNI_PLUGINS}"
  conf_dir = "${cni}"
`;
}

/** The pods of a node on a bridge of its own, as the CNI plugins' own documentation has it. */
function podNetwork(range: string, dataDir: string) {
  return {
    cniVersion: "0.4.0",
    name: "pods",
    plugins: [
      {
        type: "bridge",
        bridge: "cni0",
        isGateway: true,
        ipMasq: true,
        hairpinMode: true,
        ipam: {
          ...{ type: "host-local", dataDir, ranges: [[{ subnet: range }]] },
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
    ],
  };
}

function kubeletConfig(shared: (name: string) => string, node: string) {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: shared("ca.crt") },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: shared(`${node}.crt`),
    tlsPrivateKeyFile: shared(`${node}.key`),
    cgroupDriver: "cgroupfs",
    // Debian 12's containerd knows version 1 best, and mixed hierarchies have it.
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    // The leader shows it values that are right, so that it changes none of the machine's own.
    protectKernelDefaults: true,
    // Images are not to be had again, and the machine's disk is not the cluster's.
    imageGCHighThresholdPercent: 100,
    imageMaximumGCAge: "0s",
    evictionHard: {
      ...{ "imagefs.available": "0%", "nodefs.available": "0%", "nodefs.inodesFree": "0%" },
      "memory.available": "50Mi",
    },
    clusterDNS: [SERVICES.names],
    clusterDomain: "cluster.local",
    nodeStatusUpdateFrequency: "2s",
    // How soon a pod sees a Secret that changes: MetalLB waits for its webhook's certificate so.
    syncFrequency: "2s",
  };
}

function proxyConfig(node: string, kubeconfig: string) {
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    clientConnection: { kubeconfig },
    clusterCIDR: PODS,
    hostnameOverride: node,
    mode: "nftables",
    // The size of the table is the machine's, not the namespace's.
    conntrack: { maxPerCore: 0 },
  };
}
