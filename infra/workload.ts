import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  secret,
} from "@pulumi/pulumi";
import { RESTRICTED_CONTAINER } from "pulumi-udp/kubernetes";

/** A port that the pods listen on. */
export interface WorkloadPort {
  readonly name: string;
  readonly port: number;
  readonly targetPort?: number;
  readonly protocol: "TCP" | "UDP";
}

/** Pods of one image. */
export interface WorkloadArgs {
  readonly namespace: Input<string>;
  readonly image: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly replicas: number;
  /** Nodes that the image is for, such as `arm64`. */
  readonly architecture: string;
  readonly ports: readonly WorkloadPort[];
  /** Memory that a pod may take, in Kubernetes' quantities; it is ended beyond. */
  readonly memoryLimit: string;
  /** Don't wait for the pods, such as where their Secret comes later. */
  readonly skipAwait: boolean;
  /** HTTP port that says whether the pods work. Left out: nobody asks. */
  readonly health?: { readonly port: number; readonly path: string };
  /** Certificate and key, mounted at `/etc/relay/tls`: PEM text, or a Secret that is there. */
  readonly tls?: {
    readonly certificate?: string;
    readonly key?: string;
    readonly secretName?: string;
  };
}

/** No probe speaks UDP. A pod that does not answer for a minute is started anew. */
const probes = ({ port, path }: { readonly port: number; readonly path: string }) => ({
  readinessProbe: { httpGet: { path, port }, periodSeconds: 5, failureThreshold: 2 },
  livenessProbe: { httpGet: { path, port }, periodSeconds: 15, failureThreshold: 4 },
});

/** A Deployment under the pod security level `restricted`, and its name inside the cluster. */
export class Workload extends ComponentResource {
  /** Labels of the pods. */
  readonly selector: Readonly<Record<string, string>>;
  /** Name of the Service inside the cluster; the same as the workload's. */
  readonly serviceName: Output<string>;

  constructor(name: string, args: WorkloadArgs, opts?: ComponentResourceOptions) {
    super("udp:infra:Workload", name, {}, opts);
    const { namespace, tls } = args;
    this.selector = { "app.kubernetes.io/name": name };
    const metadata = {
      namespace,
      labels: this.selector,
      annotations: { "pulumi.com/skipAwait": String(args.skipAwait) },
    };
    const tlsSecret =
      tls?.key === undefined
        ? tls?.secretName
        : new Secret(
            `${name}-tls`,
            {
              metadata,
              type: "kubernetes.io/tls",
              stringData: { "tls.crt": tls.certificate ?? "", "tls.key": secret(tls.key) },
            },
            { parent: this },
          ).metadata.name;
    const mounted = tlsSecret !== undefined;
    new Deployment(
      `${name}-deployment`,
      {
        metadata,
        spec: {
          replicas: args.replicas,
          selector: { matchLabels: this.selector },
          template: {
            metadata: { labels: this.selector },
            spec: {
              automountServiceAccountToken: false,
              nodeSelector: { "kubernetes.io/arch": args.architecture },
              securityContext: {
                runAsNonRoot: true,
                runAsUser: 10_001,
                fsGroup: 10_001,
                seccompProfile: { type: "RuntimeDefault" },
              },
              containers: [
                {
                  name,
                  image: args.image,
                  ...(args.command.length === 0 ? {} : { args: [...args.command] }),
                  env: Object.entries(args.environment).map(([key, value]) => ({
                    name: key,
                    value,
                  })),
                  ports: args.ports.map(({ name: own, port, targetPort, protocol }) => ({
                    name: own,
                    containerPort: targetPort ?? port,
                    protocol,
                  })),
                  securityContext: RESTRICTED_CONTAINER,
                  resources: {
                    requests: { cpu: "50m", memory: "64Mi" },
                    limits: { memory: args.memoryLimit },
                  },
                  ...(args.health === undefined ? {} : probes(args.health)),
                  ...(mounted
                    ? {
                        volumeMounts: [
                          { name: "tls", mountPath: "/etc/relay/tls", readOnly: true },
                        ],
                      }
                    : {}),
                },
              ],
              ...(mounted
                ? {
                    volumes: [
                      { name: "tls", secret: { secretName: tlsSecret, defaultMode: 0o440 } },
                    ],
                  }
                : {}),
            },
          },
        },
      },
      { parent: this },
    );
    const service = new Service(
      `${name}-inside`,
      {
        metadata: { ...metadata, name },
        spec: {
          selector: this.selector,
          ports: args.ports.map(({ name: own, port, targetPort, protocol }) => ({
            name: own,
            port,
            targetPort: targetPort ?? port,
            protocol,
          })),
        },
      },
      { parent: this },
    );
    this.serviceName = service.metadata.name;
    this.registerOutputs({ serviceName: this.serviceName });
  }
}
