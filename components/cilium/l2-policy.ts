import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { ComponentResource, type ComponentResourceOptions, type Output } from "@pulumi/pulumi";
import { each, invalid } from "../endpoint/invalid.ts";
import { commonLabels } from "../kubernetes/index.ts";

/** Which nodes answer for which addresses. */
export interface CiliumL2PolicyArgs {
  /** Network interfaces that answer, as regular expressions of Go (`^eth[0-9]+`). Left out: all. */
  readonly interfaces?: readonly string[];
  /** Nodes that answer, by their labels. Left out: all. */
  readonly nodeLabels?: Readonly<Record<string, string>>;
  /** Services whose addresses are announced, by their labels. Left out: all. */
  readonly serviceLabels?: Readonly<Record<string, string>>;
  /** Announce `externalIPs` of Services too. Left out: false. */
  readonly externalIPs?: boolean;
}

/**
 * Has Cilium answer ARP for the addresses of load balancers, one node for each. Needs
 * `kubeProxyReplacement` and `l2announcements.enabled` in Cilium's own configuration.
 *
 * @see https://docs.cilium.io/en/stable/network/l2-announcements/
 */
export class CiliumL2Policy extends ComponentResource {
  /** Name of the policy in Kubernetes. */
  readonly policy: Output<string>;

  /**
   * @param name Unique among the program's components; the child is named `<name>-policy`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: CiliumL2PolicyArgs = {}, opts?: ComponentResourceOptions) {
    each(args.interfaces ?? [], (text, index) => {
      if (text === "") {
        invalid(`interfaces[${index}]`, "is empty, which is every interface: leave the list out");
      }
    });
    super("pulumi-udp:cilium:CiliumL2Policy", name, {}, opts);
    const { interfaces, nodeLabels, serviceLabels } = args;
    const policy = new CustomResource(
      `${name}-policy`,
      {
        apiVersion: "cilium.io/v2alpha1",
        kind: "CiliumL2AnnouncementPolicy",
        metadata: { labels: commonLabels(name, "l2-policy") },
        spec: {
          // Both kinds are off unless said, and the policy then announces nothing.
          loadBalancerIPs: true,
          externalIPs: args.externalIPs ?? false,
          ...(interfaces === undefined ? {} : { interfaces: [...interfaces] }),
          ...(nodeLabels === undefined ? {} : { nodeSelector: { matchLabels: { ...nodeLabels } } }),
          ...(serviceLabels === undefined
            ? {}
            : { serviceSelector: { matchLabels: { ...serviceLabels } } }),
        },
      },
      { parent: this },
    );
    this.policy = policy.metadata.name;
    this.registerOutputs({ policy: this.policy });
  }
}
