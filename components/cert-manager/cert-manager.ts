import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Release } from "@pulumi/kubernetes/helm/v3/release.js";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
} from "@pulumi/pulumi";
import { commonLabels } from "../kubernetes/index.ts";
import { merged } from "../kubernetes/merge.ts";

const REPOSITORY = "https://charts.jetstack.io";

/** Version of chart and images that is installed when none is given. */
export const CERT_MANAGER_VERSION = "v1.21.2";

/** cert-manager in a cluster. One for a cluster. */
export interface CertManagerArgs {
  /** Namespace that is made for it; Secrets of cluster-wide issuers lie there. Left out: `cert-manager`. */
  readonly namespace?: Input<string>;
  /** Version of the chart. Left out: v1.21.2. */
  readonly version?: string;
  /** A chart of your own: a folder, an archive, an `oci://` address. Left out: `cert-manager` of https://charts.jetstack.io. */
  readonly chart?: Input<string>;
  /** Further values of the chart. Those for definitions and the start-up check win over them. Left out: none. */
  readonly values?: Readonly<Record<string, unknown>>;
}

/** Values of the chart: with its definitions, and with the hook that waits for its webhook. */
export const certManagerValues = (args: CertManagerArgs): Record<string, unknown> =>
  merged(args.values ?? {}, { crds: { enabled: true }, startupapicheck: { enabled: true } });

/**
 * cert-manager, installed by Helm into a namespace of its own. The release is ready once its webhook
 * answers: the chart's start-up check, a Helm hook, asks it.
 *
 * @see https://cert-manager.io/docs/installation/helm/
 */
export class CertManager extends ComponentResource {
  /** Namespace, for issuers; known to be usable once it is there. */
  readonly namespace: Output<string>;

  /**
   * @param name Unique among the program's components; children are named `<name>-namespace` and
   * `<name>-release`.
   */
  constructor(name: string, args: CertManagerArgs = {}, opts?: ComponentResourceOptions) {
    super("pulumi-udp:cert-manager:CertManager", name, {}, opts);
    const namespace = new Namespace(
      `${name}-namespace`,
      {
        metadata: {
          name: args.namespace ?? "cert-manager",
          labels: commonLabels(name, "cert-manager"),
        },
      },
      { parent: this },
    );
    const release = new Release(
      `${name}-release`,
      {
        name: "cert-manager",
        namespace: namespace.metadata.name,
        chart: args.chart ?? "cert-manager",
        version: args.version ?? CERT_MANAGER_VERSION,
        ...(args.chart === undefined ? { repositoryOpts: { repo: REPOSITORY } } : {}),
        values: certManagerValues(args),
        atomic: true,
        timeout: 300,
      },
      { parent: this },
    );
    this.namespace = all([namespace.metadata.name, release.name]).apply(([known]) => known);
    this.registerOutputs({ namespace: this.namespace });
  }
}
