import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Release } from "@pulumi/kubernetes/helm/v3/release.js";
import { all, ComponentResource, type ComponentResourceOptions, type Output } from "@pulumi/pulumi";
import { commonLabels } from "../kubernetes/index.ts";
import {
  checkMetalLbArgs,
  METALLB_VERSION,
  type MetalLbArgs,
  metalLbValues,
  PRIVILEGED_NAMESPACE,
} from "./metallb-args.ts";

const REPOSITORY = "https://metallb.github.io/metallb";

/**
 * MetalLB, installed by Helm into a namespace of its own, and ready before anything that uses its
 * `namespace` comes.
 *
 * It is one Helm release, not the chart's objects one by one: the controller itself writes the
 * webhooks' certificates and the Secret behind them, and what Pulumi does not manage it neither
 * fights over nor shows as drift.
 *
 * @see https://metallb.io/installation/
 */
export class MetalLb extends ComponentResource {
  /** Namespace, for pools and peers; known to be usable once it is there. */
  readonly namespace: Output<string>;
  /** Version of the chart and of MetalLB. */
  readonly version: string;
  /** Class of the Services that it serves; absent where it serves those without one. */
  readonly loadBalancerClass?: string;

  /**
   * @param name Unique among the program's components; children are named `<name>-namespace` and
   * `<name>-release`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: MetalLbArgs = {}, opts?: ComponentResourceOptions) {
    checkMetalLbArgs(args);
    super("pulumi-udp:metallb:MetalLb", name, {}, opts);
    this.version = args.version ?? METALLB_VERSION;
    if (args.loadBalancerClass !== undefined) {
      this.loadBalancerClass = args.loadBalancerClass;
    }
    const namespace = new Namespace(
      `${name}-namespace`,
      {
        metadata: {
          name: args.namespace ?? "metallb-system",
          labels: { ...commonLabels(name, "metallb"), ...PRIVILEGED_NAMESPACE },
        },
      },
      { parent: this },
    );
    const release = new Release(
      `${name}-release`,
      {
        name: "metallb",
        namespace: namespace.metadata.name,
        chart: args.chart ?? "metallb",
        version: this.version,
        ...(args.chart === undefined ? { repositoryOpts: { repo: REPOSITORY } } : {}),
        values: metalLbValues(args),
        // A failed installation leaves nothing half done, so that the next one starts clean.
        atomic: true,
        timeout: args.timeoutSeconds ?? 300,
      },
      { parent: this },
    );
    // Waits for the release: without it nobody admits or serves a pool.
    this.namespace = all([namespace.metadata.name, release.name]).apply(([known]) => known);
    this.registerOutputs({
      namespace: this.namespace,
      version: this.version,
      loadBalancerClass: this.loadBalancerClass,
    });
  }
}
