import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Release } from "@pulumi/kubernetes/helm/v3/release.js";
import { all, ComponentResource, type ComponentResourceOptions, type Output } from "@pulumi/pulumi";
import type { PortArgs } from "../endpoint/index.ts";
import { commonLabels } from "../kubernetes/index.ts";
import { poolPorts } from "./entry-points.ts";
import {
  checkGatewayArgs,
  gatewayValues,
  type L4GatewayArgs,
  type L4GatewayInfo,
  TRAEFIK_CHART_VERSION,
} from "./gateway-args.ts";

const REPOSITORY = "https://traefik.github.io/charts";
const RELEASE_NAME = "traefik";

/**
 * Traefik as a gateway for TCP and UDP: all ports of its pools are open from the start, so that
 * routes come and go without a restart.
 *
 * By default it makes no Service: `selector`, `namespace` and `ports` go to the load balancer of the
 * platform, as those of a director do.
 *
 * @see https://doc.traefik.io/traefik/routing/entrypoints/
 */
export class L4Gateway extends ComponentResource {
  /** What routes and allocations of ports take. */
  readonly gateway: Output<L4GatewayInfo>;
  /** Labels of its pods. */
  readonly selector: Readonly<Record<string, string>>;
  /** Namespace of its pods. */
  readonly namespace: Output<string>;
  /** Every port of the pools, as a load balancer takes them. */
  readonly ports: readonly PortArgs[];

  /**
   * @param name Unique among the program's components; children are named `<name>-namespace` and
   * `<name>-release`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: L4GatewayArgs = {}, opts?: ComponentResourceOptions) {
    const pools = checkGatewayArgs(args);
    super("pulumi-udp:traefik:L4Gateway", name, {}, opts);
    const own = args.namespace ?? "traefik";
    const namespace = new Namespace(
      `${name}-namespace`,
      { metadata: { name: own, labels: commonLabels(name, "gateway") } },
      { parent: this },
    );
    const release = new Release(
      `${name}-release`,
      {
        name: RELEASE_NAME,
        namespace: namespace.metadata.name,
        chart: args.chart ?? "traefik",
        version: args.version ?? TRAEFIK_CHART_VERSION,
        ...(args.chart === undefined ? { repositoryOpts: { repo: REPOSITORY } } : {}),
        values: gatewayValues(args, pools),
        atomic: true,
        timeout: 300,
      },
      { parent: this },
    );
    this.ports = poolPorts(pools);
    this.selector = {
      "app.kubernetes.io/instance": `${RELEASE_NAME}-${own}`,
      "app.kubernetes.io/name": "traefik",
    };
    // Waits for the release: without it nobody knows what a route is.
    this.namespace = all([namespace.metadata.name, release.name]).apply(([known]) => known);
    this.gateway = this.namespace.apply((known) => ({
      ...pools,
      namespace: known,
      reservedPorts: [...(args.reservedPorts ?? [])],
      routeClass: args.routeClass ?? "",
    }));
    this.registerOutputs({
      gateway: this.gateway,
      selector: this.selector,
      namespace: this.namespace,
      ports: this.ports,
    });
  }
}
