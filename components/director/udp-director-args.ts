import type { Input } from "@pulumi/pulumi";
import type { PortArgs } from "../endpoint/index.ts";
import { invalid, together } from "../endpoint/invalid.ts";
import { whole } from "../endpoint/values.ts";
import { type AccessArgs, discoveryAccess } from "./access.ts";
import { configFile, type DirectorConfigArgs, isFullyPlain } from "./config.ts";
import { type DirectorMonitoringArgs, ruleSpec } from "./monitoring.ts";
import type { DirectorResourcesArgs } from "./pod.ts";
import { directorPorts } from "./ports.ts";
import { replicasOf, type StorePlan, storePlan } from "./store.ts";

/** The disk of a journal. */
export interface DirectorVolumeArgs {
  /** Left out: `1Gi`. */
  readonly size?: string;
  /** Left out: the cluster's default class. A change replaces the director. */
  readonly storageClassName?: string;
}

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
   * Make the namespace, with the pod security level that the pods need: `restricted`, or `privileged`
   * with `kernelPath`. Left out: false, it is there already.
   */
  readonly createNamespace?: boolean;
  /**
   * Number of pods. Left out: 2 with a shared store (`redisUrl`, or `config.store.kind: redis`), else
   * 1. More than one without a shared store is refused: tokens and sessions live in the pod that made
   * them, so a second pod would drop the clients of the first.
   */
  readonly replicas?: number;
  /**
   * URL of a Redis or Valkey that all pods share, such as `url` of a `ValkeyStore`; kept in a Secret.
   * Left out: `config.store` says where sessions are kept.
   */
  readonly redisUrl?: Input<string>;
  /**
   * Further environment variables, kept in a Secret: for keys of the configuration that end in `Env`
   * (`tokens.keys[].secretEnv`). Left out: none.
   */
  readonly secretEnv?: Readonly<Record<string, Input<string>>>;
  /** Volume of the journal, with `config.store.kind: journal`. */
  readonly volume?: DirectorVolumeArgs;
  /**
   * Give the pod root with NET_ADMIN and BPF, and switch IP forwarding on in it by a privileged container,
   * for a director that forwards in the kernel (`config.kernel.enabled`); its image has to bring the
   * command `nft`, else sockets do it. Such pods are for a namespace of their own, so
   * `createNamespace` goes with it. Left out: false, a pod under the standard `restricted`.
   */
  readonly kernelPath?: boolean;
  /** Scraping and alerts by the Prometheus operator. Left out: none. */
  readonly monitoring?: DirectorMonitoringArgs;
  /** What the pod may take of a node. */
  readonly resources?: DirectorResourcesArgs;
  /**
   * Seconds that a pod goes on serving after it is told to leave, 10 to 300. Left out: 15. Azure
   * notices after 10 (two probes of 5 seconds) that its node has no pod any more.
   */
  readonly preStopSeconds?: number;
  /**
   * Seconds from then until it is ended by force, more than `preStopSeconds` and the seconds of
   * `config.shutdown` together. Left out: these plus 30.
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
  readonly plan: StorePlan;
  readonly replicas: number;
  readonly preStopSeconds: number;
  readonly graceSeconds: number;
}

/** @throws InputPropertyError naming the property. */
export function checkDirectorArgs(args: UdpDirectorArgs): CheckedDirector {
  const preStopSeconds = args.preStopSeconds ?? 15;
  const shutdown = shutdownSeconds(args.config);
  const leaving = preStopSeconds + shutdown;
  const graceSeconds = args.graceSeconds ?? leaving + 30;
  const [ports, access, { plan, replicas }] = together(
    () => directorPorts(args.config),
    () => discoveryAccess(args.config),
    () => {
      const plan = storePlan(args.config, args.redisUrl !== undefined);
      return { plan, replicas: replicasOf(args.replicas, plan) };
    },
    () => {
      whole("preStopSeconds", preStopSeconds, { min: 10, max: 300 }, "seconds");
      // Else it is ended by force while sessions still drain.
      const range = { min: leaving + 1, max: 3600 + shutdown };
      whole("graceSeconds", graceSeconds, range, "seconds");
    },
    () => {
      if (args.kernelPath === true && args.createNamespace !== true) {
        invalid(
          "kernelPath",
          "is true, but the namespace is not the director's own: NET_ADMIN, BPF and a privileged container need a namespace of the level privileged, where other pods have no business. Set createNamespace and a name of its own",
        );
      }
    },
    () => {
      const enabled = forwardsInKernel(args.config);
      if (enabled === true && args.kernelPath !== true) {
        invalid(
          "config.kernel.enabled",
          "is true, but the pod may not forward in the kernel, and its sockets would do it: set kernelPath, or leave kernel out",
        );
      }
      if (enabled === false && args.kernelPath === true) {
        invalid(
          "kernelPath",
          "is true, but config.kernel.enabled is not: the pod would have NET_ADMIN and BPF for nothing",
        );
      }
    },
    () => {
      if (args.createNamespace === true && args.namespace === undefined) {
        invalid("createNamespace", "is true, but `namespace` is left out: give it a name");
      }
    },
    () => args.monitoring?.alertRules !== undefined && ruleSpec(args.monitoring.alertRules),
    () =>
      whole("monitoring.intervalSeconds", args.monitoring?.intervalSeconds ?? 15, {
        min: 1,
        max: 3600,
      }),
  );
  // Afterwards: it would find the mistakes in ports a second time.
  if (isFullyPlain(args.config)) {
    configFile(args.config);
  }
  return { ports, access, plan, replicas, preStopSeconds, graceSeconds };
}

/** What the configuration says of forwarding in the kernel; `undefined` while it is not known. */
function forwardsInKernel(config: unknown): boolean | undefined {
  const { kernel } = (config ?? {}) as { readonly kernel?: { readonly enabled?: unknown } };
  return isFullyPlain(kernel) ? kernel?.enabled === true : undefined;
}

/** Seconds that the director itself takes to leave, as far as they are known. */
function shutdownSeconds(config: unknown): number {
  const { shutdown } = (config ?? {}) as {
    readonly shutdown?: { readonly delaySeconds?: unknown; readonly drainSeconds?: unknown };
  };
  return [shutdown?.delaySeconds, shutdown?.drainSeconds].reduce<number>(
    (sum, value) => sum + (typeof value === "number" ? value : 0),
    0,
  );
}
