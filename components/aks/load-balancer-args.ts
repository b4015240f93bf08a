import type { Input } from "@pulumi/pulumi";
import { Exposure, type PortArgs, Protocol, resolvePorts } from "../endpoint/index.ts";
import { each, invalid, together } from "../endpoint/invalid.ts";
import { checkNetworks } from "../endpoint/networks.ts";
import { isPlain } from "../endpoint/plain.ts";
import { type SplitPorts, splitPorts } from "../endpoint/published.ts";
import { oneOf, whole } from "../endpoint/values.ts";
import { checkSelector, NO_PUBLIC_PORT, TrafficPolicy } from "../kubernetes/index.ts";
import type { AksAddress } from "./address.ts";
import { AKS_LIMITS } from "./limits.ts";

/** Azure's own health probe of one TCP port. */
export interface AksHealthProbeArgs {
  /** Seconds between two probes, 5 or more. Left out: 5. */
  readonly intervalSeconds?: number;
  /** Failed probes before a node is taken out, 2 or more; times the interval below 120. Left out: 2. */
  readonly count?: number;
}

/** A port of a UDP load balancer on AKS. */
export interface AksPortArgs extends PortArgs {
  /**
   * Azure's health probe of this port; TCP ports under the policy `Cluster` only. Refused on a UDP
   * port and under `Local`, where the cloud controller passes over it without a word: `Local`
   * brings a probe of its own, which asks each node whether it has a ready pod.
   */
  readonly healthProbe?: AksHealthProbeArgs;
}

/** A Service of type LoadBalancer on an address that exists already. */
export interface AksUdpLoadBalancerArgs {
  /** `address` of an `AksStaticIp`, of this stack or of another one. Several may share it, if their ports differ. */
  readonly address: Input<AksAddress>;
  /** Labels of the pods, at least one; for a Porter application see `porterSelector`. */
  readonly selector: Input<Readonly<Record<string, string>>>;
  /**
   * What the workload publishes. `PUBLIC` ports go to the address; `INTERNAL` ones to a Service of
   * type ClusterIP, never to the address. At least one `PUBLIC`, at most 300 of them (rules that
   * Azure allows on a node's network interface, over all Services).
   */
  readonly ports: readonly AksPortArgs[];
  /** Namespace of the pods. Left out: `default`. */
  readonly namespace?: Input<string>;
  /**
   * Name of the Service in Kubernetes. Left out: Pulumi names it, so that a replacement may exist
   * beside the original in another namespace or cluster.
   */
  readonly serviceName?: string;
  /**
   * A Service of its own for the TCP ports, on the same address. For clusters whose objects are
   * applied on the client's side (`enableServerSideApply: false`), where of UDP and TCP on one
   * number one is lost (kubernetes/kubernetes#47249). Taking it back takes two deployments: the TCP
   * ports out, then in again. Left out: false, one Service for both.
   */
  readonly splitProtocols?: boolean;
  /** Client networks that may connect, in CIDR form. Left out: all. */
  readonly sourceRanges?: readonly string[];
  /**
   * `Local` or `Cluster`. Left out: `Local`. `Cluster` with a UDP port is refused, unless
   * `allowUnprobedUdp` says that it is meant.
   */
  readonly externalTrafficPolicy?: TrafficPolicy;
  /**
   * Accept `Cluster` for UDP ports: Azure then probes nothing, dead nodes keep receiving packets,
   * and the pods see the nodes' addresses instead of the clients'. Left out: false.
   */
  readonly allowUnprobedUdp?: boolean;
  /**
   * Reserve a node port for each port. Left out: only under `Cluster`. Azure delivers to the
   * Service's own address, so under `Local` no node port is used.
   */
  readonly allocateNodePorts?: boolean;
  /**
   * Don't wait for the load balancer or for a ready pod. Left out: false, which waits 10 minutes at
   * most. For pods that another tool deploys later; the endpoint is known either way.
   */
  readonly skipAwait?: boolean;
}

/** The arguments after validation, with every default filled in. */
export interface CheckedLoadBalancer extends SplitPorts {
  readonly policy: TrafficPolicy;
  readonly allocateNodePorts: boolean;
  /** Annotations of health probes. */
  readonly probes: Readonly<Record<string, string>>;
}

/**
 * Checks everything that is known before the first resource is registered.
 *
 * @throws InputPropertyError naming the property, the limit and the way out; for several
 * InputPropertiesError.
 */
export function checkLoadBalancerArgs(args: AksUdpLoadBalancerArgs): CheckedLoadBalancer {
  const policy = args.externalTrafficPolicy ?? TrafficPolicy.Local;
  const [split, , allocateNodePorts, probes] = together(
    () => checkPorts(args.ports),
    () => checkPolicy(args, policy),
    () => checkNodePorts(args, policy),
    () => each(args.ports, (port, index) => probe(port, index, policy)),
    () => isPlain(args.selector) && checkSelector(args.selector),
    () => checkNetworks("sourceRanges", args.sourceRanges ?? []),
  );
  return { ...split, policy, allocateNodePorts, probes: Object.assign({}, ...probes) };
}

function checkPorts(given: readonly AksPortArgs[]): SplitPorts {
  const split = splitPorts(resolvePorts(given), NO_PUBLIC_PORT);
  const published = split.publicPorts.length;
  if (published > AKS_LIMITS.rulesPerNic) {
    invalid(
      "ports",
      `has ${published} PUBLIC ports, each of which takes one Azure rule, and a node's network interface takes ${AKS_LIMITS.rulesPerNic} over all Services: publish fewer, such as a shorter port range of a director, or reach its backends by tokens through its one data port`,
    );
  }
  return split;
}

function checkNodePorts(args: AksUdpLoadBalancerArgs, policy: TrafficPolicy): boolean {
  const allocateNodePorts = args.allocateNodePorts ?? policy === TrafficPolicy.Cluster;
  if (!allocateNodePorts && policy === TrafficPolicy.Cluster) {
    invalid(
      "allocateNodePorts",
      "is false, but under the policy Cluster Azure probes node ports: leave it out, or use Local",
    );
  }
  return allocateNodePorts;
}

function checkPolicy(args: AksUdpLoadBalancerArgs, policy: TrafficPolicy): void {
  oneOf("externalTrafficPolicy", policy, TrafficPolicy);
  const udp = args.ports.find(
    ({ protocol, exposure }) => protocol === Protocol.Udp && exposure !== Exposure.Internal,
  );
  if (policy === TrafficPolicy.Cluster && udp !== undefined && args.allowUnprobedUdp !== true) {
    invalid(
      "externalTrafficPolicy",
      `is Cluster, but Azure has no health probe for a UDP port ("${udp.name}") under it: dead nodes would keep receiving packets. Use Local, or set allowUnprobedUdp if that is meant`,
    );
  }
}

/** Annotations of one port's health probe; the cloud controller keys them on the port's number. */
function probe(port: AksPortArgs, index: number, policy: TrafficPolicy): Record<string, string> {
  if (port.healthProbe === undefined) {
    return {};
  }
  const at = `ports[${index}].healthProbe`;
  if (port.protocol === Protocol.Udp) {
    invalid(
      at,
      `is given for the UDP port "${port.name}", but Azure has no UDP probe and would pass over it without a word: leave it out; under Local each node is asked whether it has a ready pod`,
    );
  }
  if (policy === TrafficPolicy.Local) {
    invalid(
      at,
      `is given for "${port.name}", but under the policy Local one probe for all ports asks each node whether it has a ready pod, and this one would be passed over: leave it out`,
    );
  }
  const { minProbeIntervalSeconds, minProbeCount, probeProductBelowSeconds } = AKS_LIMITS;
  const max = probeProductBelowSeconds;
  const interval = port.healthProbe.intervalSeconds ?? minProbeIntervalSeconds;
  const count = port.healthProbe.count ?? minProbeCount;
  together(
    () => whole(`${at}.intervalSeconds`, interval, { min: minProbeIntervalSeconds, max }),
    () => whole(`${at}.count`, count, { min: minProbeCount, max }),
  );
  if (interval * count >= probeProductBelowSeconds) {
    invalid(
      at,
      `${interval} s x ${count} is ${interval * count} s, but interval times count has to stay below ${probeProductBelowSeconds} s, or Azure's controller refuses the whole Service: lower one of them`,
    );
  }
  const key = `service.beta.kubernetes.io/port_${port.port}_health-probe`;
  return { [`${key}_interval`]: String(interval), [`${key}_num-of-probe`]: String(count) };
}
