import { StatefulSet } from "@pulumi/kubernetes/apps/v1/statefulSet.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  interpolate,
  type Output,
  output,
} from "@pulumi/pulumi";
import { invalid } from "../endpoint/invalid.ts";
import { isPlain } from "../endpoint/plain.ts";
import { commonLabels, labelValue } from "../kubernetes/index.ts";
import { RESTRICTED_CONTAINER, restrictedPod, UNPRIVILEGED_ID } from "../kubernetes/restricted.ts";

const PORT = 6379;
const DATA = "/data";

/** A Valkey for directors. */
export interface ValkeyStoreArgs {
  /** Password, without characters that a URL writes otherwise; kept in a Secret. Left out: none, and the network policy alone keeps others out. */
  readonly password?: Input<string>;
  /** Namespace. Left out: `default`. */
  readonly namespace?: Input<string>;
  /** Image of Valkey or Redis. Left out: `valkey/valkey:8.1.3`. */
  readonly image?: Input<string>;
  /** Size of the disk. Left out: `1Gi`. */
  readonly size?: string;
  /** Class of the disk. Left out: the cluster's default. A change replaces the store. */
  readonly storageClassName?: string;
}

/**
 * One Valkey on a disk, with an append-only file, for the sessions and tokens of several directors.
 * While it restarts, established sessions go on, and packets of clients that a director does not know
 * are dropped; what it lost the directors write again. For one that outlives its node's zone take a
 * managed one, and give its URL to the director.
 *
 * @see https://valkey.io/topics/persistence/
 */
export class ValkeyStore extends ComponentResource {
  /** `redis://…` for `redisUrl` of a `UdpDirector`; a secret where there is a password. */
  readonly url: Output<string>;

  /**
   * @param name Unique among the stores of the namespace; children are named `<name>-password`,
   * `<name>-service`, `<name>-valkey` and `<name>-policy`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: ValkeyStoreArgs = {}, opts?: ComponentResourceOptions) {
    const { password, storageClassName } = args;
    if (password !== undefined && isPlain(password) && !/^[A-Za-z0-9._~-]+$/.test(password)) {
      invalid("password", "has characters that a URL writes otherwise: use A-Z a-z 0-9 . _ ~ -");
    }
    super("pulumi-udp:director:ValkeyStore", name, {}, opts);
    const namespace = output(args.namespace ?? "default");
    const selector = {
      "app.kubernetes.io/instance": labelValue(name),
      "app.kubernetes.io/name": "valkey",
    };
    const labels = { ...commonLabels(name, "store"), ...selector };
    const metadata = { namespace, labels };
    const secret =
      password === undefined
        ? undefined
        : new Secret(`${name}-password`, { metadata, stringData: { password } }, { parent: this });
    const service = new Service(
      `${name}-service`,
      {
        metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
        spec: { selector, ports: [{ name: "redis", port: PORT, protocol: "TCP" }] },
      },
      { parent: this },
    );
    const valkey = new StatefulSet(
      `${name}-valkey`,
      {
        metadata,
        spec: {
          serviceName: service.metadata.name,
          replicas: 1,
          selector: { matchLabels: selector },
          template: {
            metadata: { labels },
            spec: {
              automountServiceAccountToken: false,
              enableServiceLinks: false,
              terminationGracePeriodSeconds: 30,
              securityContext: {
                ...restrictedPod(),
                fsGroup: UNPRIVILEGED_ID,
              },
              containers: [
                {
                  name: "valkey",
                  image: args.image ?? "valkey/valkey:8.1.3",
                  args: [
                    "valkey-server",
                    ...["--dir", DATA, "--appendonly", "yes", "--save", ""],
                    // What does not fit is an error that the directors count, not a lost session.
                    ...["--maxmemory-policy", "noeviction"],
                    ...(secret === undefined ? [] : ["--requirepass", "$(PASSWORD)"]),
                  ],
                  ...(secret === undefined
                    ? {}
                    : {
                        env: [
                          {
                            name: "PASSWORD",
                            valueFrom: {
                              secretKeyRef: { name: secret.metadata.name, key: "password" },
                            },
                          },
                        ],
                      }),
                  ports: [{ name: "redis", containerPort: PORT, protocol: "TCP" }],
                  readinessProbe: { tcpSocket: { port: "redis" }, periodSeconds: 5 },
                  livenessProbe: { tcpSocket: { port: "redis" }, periodSeconds: 10 },
                  resources: {
                    requests: { cpu: "50m", memory: "64Mi" },
                    limits: { memory: "512Mi" },
                  },
                  securityContext: RESTRICTED_CONTAINER,
                  volumeMounts: [{ name: "data", mountPath: DATA }],
                },
              ],
            },
          },
          volumeClaimTemplates: [
            {
              metadata: { name: "data" },
              spec: {
                accessModes: ["ReadWriteOnce"],
                resources: { requests: { storage: args.size ?? "1Gi" } },
                ...(storageClassName === undefined ? {} : { storageClassName }),
              },
            },
          ],
        },
      },
      { parent: this },
    );
    new NetworkPolicy(
      `${name}-policy`,
      {
        metadata,
        spec: {
          podSelector: { matchLabels: selector },
          policyTypes: ["Ingress"],
          ingress: [
            {
              // Directors of the same namespace.
              from: [
                { podSelector: { matchLabels: { "app.kubernetes.io/name": "udp-director" } } },
              ],
              ports: [{ port: PORT, protocol: "TCP" }],
            },
          ],
        },
      },
      { parent: this },
    );
    const host = interpolate`${service.metadata.name}.${namespace}.svc.cluster.local:${PORT}/0`;
    // Known once Valkey runs, so that directors come after it.
    this.url = output([host, password, valkey.metadata.name] as const).apply(([at, word]) =>
      word === undefined ? `redis://${at}` : `redis://:${word}@${at}`,
    );
    this.registerOutputs({ url: this.url });
  }
}
