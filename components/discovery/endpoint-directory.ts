import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  interpolate,
  type Output,
  output,
  secret,
} from "@pulumi/pulumi";
import { fingerprint } from "../director/config.ts";
import { type PortArgs, resolvePorts } from "../endpoint/index.ts";
import { checkedLater } from "../endpoint/invalid.ts";
import { commonLabels, labelValue, servicePorts } from "../kubernetes/index.ts";
import { checkDirectoryArgs, directoryFile, type EndpointDirectoryArgs } from "./args.ts";
import { directoryPod } from "./pod.ts";

/**
 * The endpoint directory in a cluster: `GET /v1/endpoints` lists the endpoints that it is given, with
 * their health as its own probes see it. It is reached inside the cluster at `url`; `selector`,
 * `namespace` and `ports` go to a load balancer of the platform, or to an Ingress, to publish it.
 */
export class EndpointDirectory extends ComponentResource {
  /** Labels of the pods. */
  readonly selector: Readonly<Record<string, string>>;
  /** Namespace of the pods. */
  readonly namespace: Output<string>;
  /** `http` (TCP), as a load balancer takes it. */
  readonly ports: readonly PortArgs[];
  /** URL of the list of endpoints inside the cluster. */
  readonly url: Output<string>;

  /**
   * @param name Unique among the directories of the namespace, as it is in the pods' labels; children
   * are named `<name>-config`, `<name>-deployment`, `<name>-service`, and where they are asked for
   * `<name>-token` and `<name>-budget`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: EndpointDirectoryArgs, opts?: ComponentResourceOptions) {
    const checked = checkDirectoryArgs(args);
    super("pulumi-udp:discovery:EndpointDirectory", name, {}, opts);

    this.namespace = output(args.namespace ?? "default");
    this.ports = checked.ports;
    this.selector = {
      "app.kubernetes.io/instance": labelValue(name),
      "app.kubernetes.io/name": "endpoint-directory",
    };
    const labels = { ...commonLabels(name, "directory"), ...this.selector };
    const metadata = { namespace: this.namespace, labels };
    const file = output(args.endpoints.map(({ endpoint }) => endpoint)).apply((known) =>
      checkedLater(this, () => directoryFile(args, known)),
    );
    const config = new ConfigMap(
      `${name}-config`,
      { metadata, data: { "directory.yaml": file } },
      { parent: this },
    );
    const token =
      args.token === undefined
        ? undefined
        : new Secret(
            `${name}-token`,
            { metadata, stringData: { token: secret(args.token) } },
            { parent: this },
          );
    new Deployment(
      `${name}-deployment`,
      {
        metadata,
        spec: {
          replicas: checked.replicas,
          selector: { matchLabels: this.selector },
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          template: {
            metadata: {
              labels,
              annotations: { "udp-director/config-sha256": file.apply(fingerprint) },
            },
            spec: directoryPod<Input<string>>({
              image: args.image,
              configMapName: config.metadata.name,
              port: checked.port,
              resources: args.resources ?? {},
              secretName: token?.metadata.name,
              spread: this.selector,
            }),
          },
        },
      },
      { parent: this },
    );
    if (checked.replicas > 1) {
      new PodDisruptionBudget(
        `${name}-budget`,
        { metadata, spec: { maxUnavailable: 1, selector: { matchLabels: this.selector } } },
        { parent: this },
      );
    }
    const service = new Service(
      `${name}-service`,
      {
        metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
        spec: {
          type: "ClusterIP",
          selector: this.selector,
          ports: servicePorts(resolvePorts(this.ports)),
        },
      },
      { parent: this },
    );
    this.url = interpolate`http://${service.metadata.name}.${this.namespace}.svc:${checked.port}/v1/endpoints`;
    this.registerOutputs({
      selector: this.selector,
      namespace: this.namespace,
      ports: this.ports,
      url: this.url,
    });
  }
}
