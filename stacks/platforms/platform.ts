import type { Output } from "@pulumi/pulumi";
import type { Endpoint } from "pulumi-udp/endpoint";

/** What a platform's adapter gives back to the program; each becomes a stack output. */
export interface Deployed {
  /** The public endpoint of the workload. */
  readonly endpoint: Output<Endpoint>;
  /** URL of the endpoint directory, where the platform runs one. */
  readonly directory?: Output<string>;
  /** URL of the director's metrics: on AKS inside the cluster, as they are never public. */
  readonly metrics?: Output<string>;
}
