import {
  CustomResource,
  type CustomResourceOptions,
  type Input,
  type Output,
  output,
  secret,
} from "@pulumi/pulumi";
import { Protocol } from "../endpoint/index.ts";
import { invalid, together } from "../endpoint/invalid.ts";
import { isPlain } from "../endpoint/plain.ts";
import { oneOf, whole } from "../endpoint/values.ts";
import type { L4GatewayInfo } from "./gateway-args.ts";

/** Type token of the plugin's resource, which this file must not load. */
const ALLOCATION_TYPE = "udp-ports:index:Allocation";

/** A port of a gateway's pool, for one route. */
export interface PortAllocationArgs {
  /** `gateway` of an `L4Gateway`, of this stack or of another one. */
  readonly gateway: Input<L4GatewayInfo>;
  /** `UDP` or `TCP`. */
  readonly protocol: Protocol;
  /**
   * This port and no other, such as one that clients know already; refused if somebody has it. Left
   * out: one that nobody ever used.
   */
  readonly port?: Input<number>;
  /**
   * Seconds that the port rests after it is given back, so that late clients of this service do not
   * reach the next one, 0 to 31536000. Left out: 3600.
   */
  readonly quarantineSeconds?: number;
  /**
   * Kubeconfig of the gateway's cluster, as text. Left out: that of the one who runs Pulumi
   * (`KUBECONFIG`, `~/.kube/config`).
   */
  readonly kubeconfig?: Input<string>;
}

/**
 * A port of a gateway for one route: unique among all stacks that share the gateway, the same for
 * its whole life whatever other routes come and go, and shown in a preview.
 *
 * Needs the plugin of this package in `Pulumi.yaml` (`plugins.providers`, `name: udp-ports`).
 */
export class PortAllocation extends CustomResource {
  /** The port. */
  declare readonly port: Output<number>;

  /**
   * @param name Unique among the program's resources.
   * @throws InputPropertyError naming the property, before anything is registered. What the table
   * refuses (a taken port, a full pool) the engine reports under the resource's name.
   */
  constructor(name: string, args: PortAllocationArgs, opts?: CustomResourceOptions) {
    const { quarantineSeconds = 3600, protocol } = args;
    together(
      () => oneOf("protocol", protocol, Protocol),
      () => whole("quarantineSeconds", quarantineSeconds, { min: 0, max: 31_536_000 }, "seconds"),
      () => {
        if (args.port !== undefined && isPlain(args.port) && !Number.isInteger(args.port)) {
          invalid("port", `${args.port} is not a port: a whole number`);
        }
      },
    );
    const gateway = output(args.gateway);
    const range = gateway.apply(({ udp, tcp }) => (protocol === Protocol.Udp ? udp : tcp));
    super(
      ALLOCATION_TYPE,
      name,
      {
        namespace: gateway.namespace,
        protocol,
        from: range.from,
        to: range.to,
        reserved: gateway.reservedPorts,
        requestedPort: args.port,
        quarantineSeconds,
        kubeconfig: args.kubeconfig === undefined ? undefined : secret(args.kubeconfig),
        port: undefined,
      },
      opts,
    );
  }
}
