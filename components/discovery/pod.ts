import type { DirectorResourcesArgs } from "../director/pod.ts";
import { RESTRICTED_CONTAINER, restrictedPod } from "../kubernetes/restricted.ts";
import { TOKEN_FILE } from "./args.ts";

const CONFIG_DIR = "/etc/udp-director/config";

/** What tells the pod of one directory from another's. */
export interface DirectoryPodOptions<Text> {
  readonly image: Text;
  readonly configMapName: Text;
  readonly port: number;
  readonly resources: DirectorResourcesArgs;
  /** Name of the Secret with the token. */
  readonly secretName?: Text | undefined;
  /** Labels to spread pods by. */
  readonly spread: Readonly<Record<string, string>>;
}

/**
 * Pod of a directory under the pod security standard "restricted". It needs nothing of the cluster:
 * no token of its API, no disk.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export function directoryPod<Text>(options: DirectoryPodOptions<Text>) {
  const { cpuRequest, memoryRequest, cpuLimit, memoryLimit } = options.resources;
  const secret = options.secretName;
  const tokenFolder = TOKEN_FILE.slice(0, TOKEN_FILE.lastIndexOf("/"));
  const probe = (path: string) => ({ httpGet: { path, port: "http" } });
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: restrictedPod(),
    topologySpreadConstraints: [
      {
        labelSelector: { matchLabels: { ...options.spread } },
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: "ScheduleAnyway",
      },
    ],
    containers: [
      {
        name: "directory",
        image: options.image,
        args: ["directory"],
        env: [{ name: "DIRECTORY_CONFIG_PATH", value: `${CONFIG_DIR}/directory.yaml` }],
        ports: [{ name: "http", containerPort: options.port, protocol: "TCP" }],
        securityContext: RESTRICTED_CONTAINER,
        resources: {
          requests: { cpu: cpuRequest ?? "20m", memory: memoryRequest ?? "96Mi" },
          limits: { cpu: cpuLimit ?? "500m", memory: memoryLimit ?? "256Mi" },
        },
        livenessProbe: { ...probe("/livez"), periodSeconds: 10, failureThreshold: 3 },
        readinessProbe: { ...probe("/readyz"), periodSeconds: 5, failureThreshold: 2 },
        // Requests still come for a moment after it is taken out of its Services.
        lifecycle: { preStop: { sleep: { seconds: 5 } } },
        volumeMounts: [
          { name: "config", mountPath: CONFIG_DIR, readOnly: true },
          ...(secret === undefined
            ? []
            : [{ name: "token", mountPath: tokenFolder, readOnly: true }]),
        ],
      },
    ],
    volumes: [
      { name: "config", configMap: { name: options.configMapName } },
      ...(secret === undefined
        ? []
        : [{ name: "token", secret: { secretName: secret, defaultMode: 0o444 } }]),
    ],
  };
}
