import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
} from "@pulumi/pulumi";
import { invalid, together } from "../endpoint/invalid.ts";
import { isPlain } from "../endpoint/plain.ts";
import { commonLabels, parseRange, webhookRetry } from "../kubernetes/index.ts";

/** A router that MetalLB tells its addresses. */
export interface MetalLbBgpPeerArgs {
  /** `namespace` of a `MetalLb` in the mode `BGP`. */
  readonly namespace: Input<string>;
  /** Number of the cluster's autonomous system, 1 to 4294967295. */
  readonly myAsn: number;
  /** Number of the router's autonomous system, 1 to 4294967295. */
  readonly peerAsn: number;
  /** Address of the router. */
  readonly peerAddress: Input<string>;
  /** Name of a Secret of type `kubernetes.io/basic-auth` with the session's password. Left out: none. */
  readonly passwordSecret?: Input<string>;
  /** The router is more than one hop away. Left out: false. */
  readonly ebgpMultiHop?: boolean;
  /** Nodes that speak to it, by their labels; any of the maps may match. Left out: all. */
  readonly nodeLabels?: readonly Readonly<Record<string, string>>[];
}

/** A BGP session between the speakers and a router (`BGPPeer` of `metallb.io/v1beta2`). */
export class MetalLbBgpPeer extends ComponentResource {
  /** Name in Kubernetes, for `bgp.peers` of a pool. */
  readonly peer: Output<string>;

  /**
   * @param name Unique among the program's components; the child is named `<name>-peer`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: MetalLbBgpPeerArgs, opts?: ComponentResourceOptions) {
    checkPeer(args);
    super("pulumi-udp:metallb:MetalLbBgpPeer", name, {}, opts);
    const { passwordSecret, nodeLabels } = args;
    const peer = new CustomResource(
      `${name}-peer`,
      {
        apiVersion: "metallb.io/v1beta2",
        kind: "BGPPeer",
        metadata: { namespace: args.namespace, labels: commonLabels(name, "bgp-peer") },
        spec: {
          myASN: args.myAsn,
          peerASN: args.peerAsn,
          peerAddress: args.peerAddress,
          ...(passwordSecret === undefined ? {} : { passwordSecret: { name: passwordSecret } }),
          ...(args.ebgpMultiHop === undefined ? {} : { ebgpMultiHop: args.ebgpMultiHop }),
          ...(nodeLabels === undefined
            ? {}
            : { nodeSelectors: nodeLabels.map((labels) => ({ matchLabels: { ...labels } })) }),
        },
      },
      {
        parent: this,
        hooks: { onError: [webhookRetry(`${name}-bgp-peer-webhook`)] },
        // Two sessions with one router would be refused.
        deleteBeforeReplace: true,
      },
    );
    this.peer = peer.metadata.name;
    this.registerOutputs({ peer: this.peer });
  }
}

function checkPeer({ myAsn, peerAsn, peerAddress }: MetalLbBgpPeerArgs): void {
  together(
    () => checkAsn("myAsn", myAsn),
    () => checkAsn("peerAsn", peerAsn),
    () => {
      const plain = isPlain(peerAddress) ? peerAddress : undefined;
      if (plain !== undefined && (/[-/]/.test(plain) || parseRange(plain) === undefined)) {
        invalid("peerAddress", `"${plain}" is not an address: one IPv4 or IPv6 address`);
      }
    },
  );
}

function checkAsn(property: string, number: number): void {
  if (!Number.isInteger(number) || number < 1 || number > 4_294_967_295) {
    invalid(property, `${number} is not the number of an autonomous system: 1 to 4294967295`);
  }
}
