import type { PortArgs } from "../endpoint/index.ts";
import { RESTRICTED_CONTAINER, restrictedPod, UNPRIVILEGED_ID } from "../kubernetes/restricted.ts";
import { STATE_DIR } from "./store.ts";

/** Where the configuration is mounted. */
const CONFIG_DIR = "/etc/udp-director";

/** What the pod may take of a node, in Kubernetes' quantities. */
export interface DirectorResourcesArgs {
  /** Left out: `100m`. */
  readonly cpuRequest?: string;
  /** Left out: `128Mi`. */
  readonly memoryRequest?: string;
  /** Left out: `1`. */
  readonly cpuLimit?: string;
  /** Left out: `512Mi`. The container is ended beyond it, and its sessions with it. */
  readonly memoryLimit?: string;
}

/** The container's part of the pod. Everything here is plain, or passed through as it is. */
export interface PodOptions<Text> {
  readonly image: Text;
  readonly serviceAccountName: Text;
  readonly configMapName: Text;
  readonly ports: readonly PortArgs[];
  /** Whether the pod gets a token of the Kubernetes API. */
  readonly apiAccess: boolean;
  readonly resources: DirectorResourcesArgs;
  readonly preStopSeconds: number;
  readonly graceSeconds: number;
  /** Name of the Secret with further environment variables. */
  readonly secretName?: Text | undefined;
  /** A volume for the journal, named `state`. */
  readonly volume: boolean;
  /** Labels to spread pods by; absent for a single one. */
  readonly spread?: Readonly<Record<string, string>> | undefined;
  /** Root with NET_ADMIN and BPF, for forwarding in the kernel. */
  readonly kernelPath: boolean;
}

/**
 * What forwarding in the kernel takes: rules of nftables need NET_ADMIN, and the program past them
 * BPF, which Kubernetes gives to root only, and `ip_forward` is no safe sysctl, so that a privileged
 * container has to set it.
 *
 * @see https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/
 */
const KERNEL_POD = { runAsNonRoot: false, runAsUser: 0, runAsGroup: 0 } as const;
const KERNEL_CAPABILITIES = { capabilities: { drop: ["ALL"], add: ["NET_ADMIN", "BPF"] } };
const FORWARD = `for (const file of ["/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv6/conf/all/forwarding"]) {
  if (require("node:fs").existsSync(file)) require("node:fs").writeFileSync(file, "1");
}`;

/**
 * Pod of a director under the pod security standard "restricted", unless forwarding in the kernel
 * was asked for: no root, no capability, no privilege to gain, a read-only file system, a token of
 * the Kubernetes API only where discovery needs it.
 *
 * It leaves in order: the preStop sleep keeps it answering while the load balancer's probe notices
 * that it is going, then it is told to end, then the grace period is over.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export function directorPod<Text>(options: PodOptions<Text>) {
  const { cpuRequest, memoryRequest, cpuLimit, memoryLimit } = options.resources;
  return {
    automountServiceAccountToken: options.apiAccess,
    enableServiceLinks: false,
    serviceAccountName: options.serviceAccountName,
    terminationGracePeriodSeconds: options.graceSeconds,
    securityContext: {
      ...restrictedPod(),
      ...(options.volume ? { fsGroup: UNPRIVILEGED_ID } : {}),
      ...(options.kernelPath ? KERNEL_POD : {}),
    },
    ...(options.spread === undefined
      ? {}
      : {
          topologySpreadConstraints: ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map(
            (topologyKey) => ({
              labelSelector: { matchLabels: { ...options.spread } },
              maxSkew: 1,
              topologyKey,
              whenUnsatisfiable: "ScheduleAnyway",
            }),
          ),
        }),
    ...(options.kernelPath
      ? {
          initContainers: [
            {
              name: "forward",
              image: options.image,
              command: ["node", "-e", FORWARD],
              securityContext: { privileged: true },
            },
          ],
        }
      : {}),
    containers: [
      {
        name: "director",
        image: options.image,
        args: ["serve"],
        env: [{ name: "CONFIG_PATH", value: `${CONFIG_DIR}/config.yaml` }],
        ...(options.secretName === undefined
          ? {}
          : { envFrom: [{ secretRef: { name: options.secretName } }] }),
        ports: options.ports.map(({ name, port, protocol }) => ({
          name,
          containerPort: port,
          protocol,
        })),
        securityContext: {
          ...RESTRICTED_CONTAINER,
          ...(options.kernelPath ? KERNEL_CAPABILITIES : {}),
        },
        resources: {
          requests: { cpu: cpuRequest ?? "100m", memory: memoryRequest ?? "128Mi" },
          limits: { cpu: cpuLimit ?? "1", memory: memoryLimit ?? "512Mi" },
        },
        // A start takes half a minute where the processor is short. Whoever is ended in it may be
        // ready for a moment before its end, and a roll-out goes on from there.
        startupProbe: {
          httpGet: { path: "/livez", port: "metrics" },
          periodSeconds: 1,
          failureThreshold: 120,
        },
        // No probe speaks UDP: /readyz answers for the sockets.
        livenessProbe: {
          httpGet: { path: "/livez", port: "metrics" },
          periodSeconds: 10,
          timeoutSeconds: 5,
          failureThreshold: 3,
        },
        readinessProbe: {
          httpGet: { path: "/readyz", port: "metrics" },
          periodSeconds: 5,
          failureThreshold: 2,
        },
        lifecycle: { preStop: { sleep: { seconds: options.preStopSeconds } } },
        volumeMounts: [
          { name: "config", mountPath: CONFIG_DIR, readOnly: true },
          ...(options.volume ? [{ name: "state", mountPath: STATE_DIR }] : []),
        ],
      },
    ],
    volumes: [{ name: "config", configMap: { name: options.configMapName } }],
  };
}

/** Who may connect: everybody to the published ports, pods of the cluster to the internal ones. */
export function directorIngress(ports: readonly PortArgs[]) {
  const rule = (wanted: boolean) =>
    ports
      .filter(({ exposure }) => (exposure === "INTERNAL") === wanted)
      .map(({ port, protocol }) => ({ port, protocol }));
  return [{ ports: rule(false) }, { from: [{ namespaceSelector: {} }], ports: rule(true) }];
}
