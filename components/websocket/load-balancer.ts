import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { Ingress } from "@pulumi/kubernetes/networking/v1/ingress.js";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  output,
} from "@pulumi/pulumi";
import { TlsCertificate } from "../cert-manager/issuers.ts";
import type { Endpoint, HasEndpoint } from "../endpoint/index.ts";
import { sortedByKey } from "../endpoint/plain.ts";
import { publishedPorts } from "../endpoint/published.ts";
import { commonLabels, podsOf, servicePorts } from "../kubernetes/index.ts";
import { publish } from "../kubernetes/publish.ts";
import { metalLbAnnotations } from "../metallb/load-balancer-args.ts";
import {
  backendAnnotations,
  type CheckedWebSocket,
  checkWebSocketArgs,
  IngressController,
  ingressAnnotations,
  podSettings,
  TlsTermination,
  type WebSocketLoadBalancerArgs,
  type WebSocketPodSettings,
  type WebSocketTlsArgs,
} from "./load-balancer-args.ts";

const PLAIN = "ws";

/** Of the Service behind a controller. To Traefik a port 443 means that the pods speak TLS. */
const plainPorts = ({ publicPorts }: CheckedWebSocket) =>
  servicePorts(publicPorts.map((port) => ({ ...port, name: PLAIN, port: 80 })));

/**
 * Puts WebSockets on an address of their own, without a proxy that ends connections after its own
 * time: a Service of type LoadBalancer from 443 to 8080 that keeps a client on its pod. With `tls`
 * a certificate is made and renewed, for the workload itself or for an ingress controller.
 */
export class WebSocketLoadBalancer extends ComponentResource implements HasEndpoint {
  /** `publicAddresses`, else those asked for, else those of the Service; and the port. */
  readonly endpoint: Output<Endpoint>;
  /** Name of the Secret with the certificate, for the pod to mount; absent without `tls`. */
  readonly tlsSecret?: Output<string>;
  /** Fields of the pods that let WebSockets end in peace: `terminationGracePeriodSeconds`, and `lifecycle` of the container. */
  readonly podSettings: WebSocketPodSettings;

  /**
   * @param name Unique among the program's components; children are named `<name>-service`,
   * `<name>-tls` and `<name>-ingress`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: WebSocketLoadBalancerArgs, opts?: ComponentResourceOptions) {
    const checked = checkWebSocketArgs(args);
    super("pulumi-udp:websocket:WebSocketLoadBalancer", name, {}, opts);
    this.podSettings = podSettings(checked.drainSeconds);
    const { tls } = args;
    if (tls !== undefined) {
      this.tlsSecret = new TlsCertificate(
        `${name}-tls`,
        { issuer: tls.issuer, hosts: tls.hosts, namespace: args.namespace ?? "default" },
        { parent: this },
      ).secretName;
    }
    const addresses =
      tls !== undefined && checked.termination === TlsTermination.Ingress
        ? this.#behindIngress(name, args, checked, tls)
        : this.#onAddress(name, args, checked);
    this.endpoint = output({
      addresses: args.publicAddresses ? all([...args.publicAddresses]) : addresses,
      ports: publishedPorts(checked.publicPorts),
    });
    this.registerOutputs({
      endpoint: this.endpoint,
      tlsSecret: this.tlsSecret,
      podSettings: this.podSettings,
    });
  }

  /** A Service of type LoadBalancer; bytes go through as they are. */
  #onAddress(
    name: string,
    args: WebSocketLoadBalancerArgs,
    checked: CheckedWebSocket,
  ): Output<string[]> {
    const pool = args.pool && output(args.pool);
    return publish(this, name, args, {
      ...checked,
      who: "MetalLB",
      annotations: (addresses) => metalLbAnnotations({ addresses, pool: pool?.name }),
      loadBalancerClass: args.loadBalancerClass,
    });
  }

  /** A Service inside and an Ingress that ends TLS in front of it. */
  #behindIngress(
    name: string,
    args: WebSocketLoadBalancerArgs,
    checked: CheckedWebSocket,
    tls: WebSocketTlsArgs,
  ): Output<string[]> {
    const { namespace, selector } = podsOf(this, args);
    const controller = tls.controller ?? IngressController.Traefik;
    const labels = commonLabels(name, "load-balancer");
    const service = new Service(
      `${name}-service`,
      {
        metadata: { namespace, labels, annotations: backendAnnotations(controller) },
        spec: { type: "ClusterIP", selector, ports: plainPorts(checked) },
      },
      { parent: this },
    );
    const backend = {
      service: { name: service.metadata.name, port: { name: PLAIN } },
    };
    new Ingress(
      `${name}-ingress`,
      {
        metadata: {
          namespace,
          labels,
          annotations: sortedByKey<Input<string>>({
            ...ingressAnnotations(controller),
            "pulumi.com/skipAwait": "true",
          }),
        },
        spec: {
          ingressClassName: controller,
          rules: tls.hosts.map((host) => ({
            host,
            http: { paths: [{ path: "/", pathType: "Prefix", backend }] },
          })),
          tls: [{ hosts: [...tls.hosts], secretName: this.tlsSecret ?? "" }],
        },
      },
      { parent: this },
    );
    return output<string[]>([]);
  }
}
