import type { Input } from "@pulumi/pulumi";
import type { PortArgs } from "../endpoint/index.ts";
import { invalid } from "../endpoint/invalid.ts";
import { type AccessArgs, discoveryAccess } from "./access.ts";
import { configFile, type DirectorConfigArgs, isFullyPlain } from "./config.ts";
import type { DirectorResourcesArgs } from "./pod.ts";
import { directorPorts } from "./ports.ts";

/** A udp-director in a Kubernetes cluster. */
export interface UdpDirectorArgs {
  /** Image with a tag or digest. It is started with the argument `serve`. */
  readonly image: Input<string>;
  /**
   * The director's configuration, under its published keys. Checked by the director's own schema,
   * every mistake listed. A change of it rolls the pod. With `discovery.kubernetes` the pod gets a
   * token of the Kubernetes API and, in each of its namespaces, a Role that reads the mapped
   * resources and no others; that part is plain values. Without it the pod has no access.
   */
  readonly config: DirectorConfigArgs;
  /** Namespace. Left out: `default`. */
  readonly namespace?: Input<string>;
  /**
   * Number of pods. Left out: 1, and nothing else is allowed: tokens and sessions live in the
   * memory of the pod that made them, so a second pod would drop the clients of the first.
   */
  readonly replicas?: number;
  /** What the pod may take of a node. */
  readonly resources?: DirectorResourcesArgs;
  /**
   * Seconds that a pod goes on serving after it is told to leave, 10 to 300. Left out: 15. Azure
   * notices after 10 (two probes of 5 seconds) that its node has no pod any more.
   */
  readonly preStopSeconds?: number;
  /**
   * Seconds from then until it is ended by force, more than `preStopSeconds`, up to 3600. Left out:
   * `preStopSeconds` plus 30.
   */
  readonly graceSeconds?: number;
  /**
   * Make a NetworkPolicy that opens the published ports to everybody and the metrics port to pods
   * of the cluster only. Left out: true. Without a network policy engine it has no effect.
   */
  readonly networkPolicy?: boolean;
}

/** What is known before the first resource is registered. */
export interface CheckedDirector {
  readonly ports: readonly PortArgs[];
  readonly access: readonly AccessArgs[];
  readonly preStopSeconds: number;
  readonly graceSeconds: number;
}

/** @throws InputPropertyError naming the property. */
export function checkDirectorArgs(args: UdpDirectorArgs): CheckedDirector {
  if ((args.replicas ?? 1) !== 1) {
    invalid(
      "replicas",
      `is ${args.replicas}, but this version keeps tokens and sessions in the pod's memory: a query answered by one pod gives a token that another does not know. Leave it at 1 until a shared store can be configured`,
    );
  }
  const preStopSeconds = seconds("preStopSeconds", args.preStopSeconds ?? 15, 10, 300);
  const graceSeconds = seconds(
    "graceSeconds",
    args.graceSeconds ?? preStopSeconds + 30,
    preStopSeconds + 1,
    3600,
  );
  const ports = directorPorts(args.config);
  const access = discoveryAccess(args.config);
  if (isFullyPlain(args.config)) {
    configFile(args.config);
  }
  return { ports, access, preStopSeconds, graceSeconds };
}

function seconds(path: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    invalid(path, `${value} is not a whole number of seconds from ${min} to ${max}`);
  }
  return value;
}
