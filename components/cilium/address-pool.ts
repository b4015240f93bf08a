import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from "@pulumi/pulumi";
import { commonLabels } from "../kubernetes/index.ts";
import {
  type CiliumAddressPoolArgs,
  type CiliumPool,
  CiliumPoolVersion,
  checkAddressPoolArgs,
  poolSpec,
} from "./address-pool-args.ts";

/**
 * A pool of addresses that Cilium hands out to Services of type LoadBalancer. For the network to
 * find them it takes a `CiliumL2Policy`, or Cilium's BGP control plane.
 *
 * @see https://docs.cilium.io/en/stable/network/lb-ipam/
 */
export class CiliumAddressPool extends ComponentResource {
  /** Name, ranges and labels, for load balancers. */
  readonly pool: Output<CiliumPool>;

  /**
   * @param name Unique among the program's components; the child is named `<name>-pool`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: CiliumAddressPoolArgs, opts?: ComponentResourceOptions) {
    checkAddressPoolArgs(args);
    super("pulumi-udp:cilium:CiliumAddressPool", name, {}, opts);
    const pool = new CustomResource(
      `${name}-pool`,
      {
        apiVersion: args.apiVersion ?? CiliumPoolVersion.V2,
        kind: "CiliumLoadBalancerIPPool",
        metadata: {
          ...(args.poolName === undefined ? {} : { name: args.poolName }),
          labels: commonLabels(name, "address-pool"),
        },
        spec: poolSpec(args),
      },
      // A second pool with the same addresses would be disabled: the old one goes first.
      { parent: this, deleteBeforeReplace: true },
    );
    this.pool = output({
      name: pool.metadata.name,
      ranges: [...args.addresses],
      serviceLabels: { ...args.serviceLabels },
    });
    this.registerOutputs({ pool: this.pool });
  }
}
