import type { Output } from "@pulumi/pulumi";
import type { Protocol } from "./protocol.ts";

/** A published port of an endpoint. */
export interface EndpointPort {
  /** Name given in the component's `ports`. */
  readonly name: string;
  /** Port that clients use, 1 to 65535. */
  readonly port: number;
  /** `UDP` or `TCP`. */
  readonly protocol: Protocol;
}

/**
 * What every load balancer gives back, the same on every platform. Plain data, so that it crosses
 * stack references, the plugin boundary and languages; DNS, discovery and the director read it
 * without knowing the platform.
 */
export interface Endpoint {
  /**
   * IPv4 and IPv6 addresses in text form. Known before the workload exists wherever the platform
   * lets an address be a resource of its own. Empty where only `hostname` is given.
   */
  readonly addresses: readonly string[];
  /** The provider's own name for the load balancer, where it has one. */
  readonly hostname?: string;
  /** The published (`PUBLIC`) ports only. */
  readonly ports: readonly EndpointPort[];
}

/** A component that ends in a stable public endpoint. */
export interface HasEndpoint {
  readonly endpoint: Output<Endpoint>;
}
