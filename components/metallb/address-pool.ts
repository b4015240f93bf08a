import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from "@pulumi/pulumi";
import { commonLabels, webhookRetry } from "../kubernetes/index.ts";
import {
  advertisementSpec,
  checkAddressPoolArgs,
  type MetalLbAddressPoolArgs,
  type MetalLbPool,
  poolSpec,
} from "./address-pool-args.ts";
import { MetalLbMode } from "./metallb-args.ts";

const API_VERSION = "metallb.io/v1beta1";

/**
 * A pool of addresses, and always the advertisement that makes somebody answer for them: MetalLB
 * hands out addresses of a pool without one as well, and nobody on the network ever sees them.
 *
 * Both are tried again while MetalLB's webhook is coming up.
 *
 * @see https://metallb.io/configuration/
 */
export class MetalLbAddressPool extends ComponentResource {
  /** Name and ranges, for load balancers; known to be announced once it is there. */
  readonly pool: Output<MetalLbPool>;

  /**
   * @param name Unique among the program's components; children are named `<name>-pool` and
   * `<name>-advertisement`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: MetalLbAddressPoolArgs, opts?: ComponentResourceOptions) {
    const mode = checkAddressPoolArgs(args);
    super("pulumi-udp:metallb:MetalLbAddressPool", name, {}, opts);
    const labels = commonLabels(name, "address-pool");
    const onError = [webhookRetry(`${name}-pool-webhook`)];
    const pool = new CustomResource(
      `${name}-pool`,
      {
        apiVersion: API_VERSION,
        kind: "IPAddressPool",
        metadata: {
          ...(args.poolName === undefined ? {} : { name: args.poolName }),
          namespace: args.namespace,
          labels,
        },
        spec: poolSpec(args),
      },
      // A second pool with the same addresses would be refused: the old one goes first.
      { parent: this, hooks: { onError }, deleteBeforeReplace: true },
    );
    const advertisement = new CustomResource(
      `${name}-advertisement`,
      {
        apiVersion: API_VERSION,
        kind: mode === MetalLbMode.L2 ? "L2Advertisement" : "BGPAdvertisement",
        metadata: { namespace: args.namespace, labels },
        spec: advertisementSpec(args, pool.metadata.name),
      },
      { parent: this, hooks: { onError } },
    );
    this.pool = output({
      name: all([pool.metadata.name, advertisement.metadata.name]).apply(([known]) => known),
      ranges: [...args.addresses],
    });
    this.registerOutputs({ pool: this.pool });
  }
}
