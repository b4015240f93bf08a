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
  checkTcpRoute,
  entryPointOf,
  routeAnnotations,
  type TcpRouteArgs,
  tcpRouteSpec,
} from "./route-args.ts";

/**
 * A TCP port of a gateway: everything on it, or what asks for a name in TLS. Routes with names may
 * share a port.
 */
export class TcpRoute extends ComponentResource {
  /** Port of the gateway. */
  readonly port: Output<number>;
  /** Entry point of Traefik: `tcp-<port>`. */
  readonly entryPoint: Output<string>;

  /**
   * @param name Unique among the program's components; the child is named `<name>-route`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: TcpRouteArgs, opts?: ComponentResourceOptions) {
    checkTcpRoute(args);
    super("pulumi-udp:traefik:TcpRoute", name, {}, opts);
    const gateway = output(args.gateway);
    this.port = output(args.port);
    this.entryPoint = all([this.port, gateway]).apply(([port, known]) =>
      checkedLater(this, () => entryPointOf(Protocol.Tcp, port, known)),
    );
    new CustomResource(
      `${name}-route`,
      {
        apiVersion: "traefik.io/v1alpha1",
        kind: "IngressRouteTCP",
        metadata: {
          namespace: args.namespace ?? "default",
          labels: commonLabels(name, "tcp-route"),
          annotations: gateway.apply(({ routeClass }) => routeAnnotations(routeClass)),
        },
        spec: tcpRouteSpec(this.entryPoint, args),
      },
      { parent: this },
    );
    this.registerOutputs({ port: this.port, entryPoint: this.entryPoint });
  }
}
