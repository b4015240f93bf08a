import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from "@pulumi/pulumi";
import { Protocol } from "../endpoint/index.ts";
import { checkedLater } from "../endpoint/invalid.ts";
import { commonLabels } from "../kubernetes/index.ts";
import {
  checkRoute,
  entryPointOf,
  type RouteArgs,
  routeAnnotations,
  udpRouteSpec,
} from "./route-args.ts";

/**
 * A UDP port of a gateway: whatever comes in on it goes to the backends, a session to one of them.
 * UDP has no names to route by, so each service needs a port of its own.
 */
export class UdpRoute extends ComponentResource {
  /** Port of the gateway. */
  readonly port: Output<number>;
  /** Entry point of Traefik: `udp-<port>`. */
  readonly entryPoint: Output<string>;

  /**
   * @param name Unique among the program's components; the child is named `<name>-route`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: RouteArgs, opts?: ComponentResourceOptions) {
    checkRoute(args);
    super("pulumi-udp:traefik:UdpRoute", name, {}, opts);
    const gateway = output(args.gateway);
    this.port = output(args.port);
    this.entryPoint = all([this.port, gateway]).apply(([port, known]) =>
      checkedLater(this, () => entryPointOf(Protocol.Udp, port, known)),
    );
    new CustomResource(
      `${name}-route`,
      {
        apiVersion: "traefik.io/v1alpha1",
        kind: "IngressRouteUDP",
        metadata: {
          namespace: args.namespace ?? "default",
          labels: commonLabels(name, "udp-route"),
          annotations: gateway.apply(({ routeClass }) => routeAnnotations(routeClass)),
        },
        spec: udpRouteSpec(this.entryPoint, args.backends),
      },
      { parent: this },
    );
    this.registerOutputs({ port: this.port, entryPoint: this.entryPoint });
  }
}
