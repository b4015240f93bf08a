import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from "@pulumi/pulumi";
import { type Endpoint, type HasEndpoint, type Port, Protocol } from "../endpoint/index.ts";
import { checkedLater } from "../endpoint/invalid.ts";
import { sortedByKey } from "../endpoint/plain.ts";
import { publishedPorts } from "../endpoint/published.ts";
import { checkSelector, commonLabels, internalService, servicePorts } from "../kubernetes/index.ts";
import type { AksAddress } from "./address.ts";
import {
  type AksUdpLoadBalancerArgs,
  type CheckedLoadBalancer,
  checkLoadBalancerArgs,
} from "./load-balancer-args.ts";

const PIP_NAME = "service.beta.kubernetes.io/azure-pip-name";
const PIP_RESOURCE_GROUP = "service.beta.kubernetes.io/azure-load-balancer-resource-group";

/**
 * Puts the ports of a workload on a public address of its own: a Service of type LoadBalancer that
 * takes the address of an `AksStaticIp`, and for `INTERNAL` ports a second one of type ClusterIP.
 *
 * The address itself, its DNS name and `endpoint` never come from the Service's status, so they
 * are known before the first pod exists and survive the Service.
 *
 * @see https://cloud-provider-azure.sigs.k8s.io/topics/loadbalancer/
 */
export class AksUdpLoadBalancer extends ComponentResource implements HasEndpoint {
  /** Address, Azure's name for it where it has one, and the `PUBLIC` ports. */
  readonly endpoint: Output<Endpoint>;
  /**
   * Name that the published ports have inside the cluster: `<service>.<namespace>.svc.cluster.local`;
   * with `splitProtocols` that of the UDP ports.
   */
  readonly clusterHostname: Output<string>;
  /** The same for the `INTERNAL` ports; absent where there are none. */
  readonly internalHostname?: Output<string>;

  /**
   * @param name Unique among the program's components; children are named `<name>-service`,
   * `<name>-service-tcp` and `<name>-internal`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: AksUdpLoadBalancerArgs, opts?: ComponentResourceOptions) {
    const checked = checkLoadBalancerArgs(args);
    super("pulumi-udp:aks:AksUdpLoadBalancer", name, {}, opts);

    const address = output(args.address);
    const namespace = output(args.namespace ?? "default");
    const selector = output(args.selector).apply((labels) =>
      checkedLater(this, () => checkSelector(labels)),
    );

    const [first, second] = splitByProtocol(checked.publicPorts, args.splitProtocols ?? false);
    const publish = { name, args, checked, address, namespace, selector };
    const service = this.#publish(publish, first);
    if (second.length > 0) {
      // Once the other one has let go of the ports, where it had them before.
      this.#publish(publish, second, service);
    }
    this.clusterHostname = clusterHostname(service);

    const internal =
      checked.internalPorts.length === 0
        ? undefined
        : new Service(
            `${name}-internal`,
            internalService({ instance: name, namespace, selector, ports: checked.internalPorts }),
            { parent: this },
          );
    if (internal !== undefined) {
      this.internalHostname = clusterHostname(internal);
    }

    // Built from parts, so that `endpoint.ports` is known while the address is still unknown.
    this.endpoint = output({
      addresses: [address.ipAddress],
      hostname: address.hostname,
      ports: publishedPorts(checked.publicPorts),
    }) as Output<Endpoint>;
    this.registerOutputs({
      endpoint: this.endpoint,
      clusterHostname: this.clusterHostname,
      internalHostname: this.internalHostname,
    });
  }

  /** A Service of type LoadBalancer that takes the address. */
  #publish(
    { name, args, checked, address, namespace, selector }: Published,
    ports: readonly Port[],
    other?: Service,
  ): Service {
    const ending = other === undefined ? "" : "-tcp";
    return new Service(
      `${name}-service${ending}`,
      {
        metadata: {
          ...(args.serviceName === undefined ? {} : { name: `${args.serviceName}${ending}` }),
          namespace,
          labels: commonLabels(name, "load-balancer"),
          annotations: sortedByKey<Output<string> | string>({
            ...checked.probes,
            // Right for IPv6 as well: the key that ends in -ipv6 is read on dual-stack Services only.
            [PIP_NAME]: address.publicIpName,
            [PIP_RESOURCE_GROUP]: address.resourceGroupName,
            ...(args.skipAwait === true ? { "pulumi.com/skipAwait": "true" } : {}),
          }),
        },
        spec: {
          type: "LoadBalancer",
          allocateLoadBalancerNodePorts: checked.allocateNodePorts,
          externalTrafficPolicy: checked.policy,
          ipFamilies: [address.ipVersion],
          ipFamilyPolicy: "SingleStack",
          ...(args.sourceRanges === undefined
            ? {}
            : { loadBalancerSourceRanges: [...args.sourceRanges] }),
          ports: servicePorts(ports),
          selector,
        },
      },
      // Two Services can't hold one address and port: the old one goes before the new one comes.
      { parent: this, deleteBeforeReplace: true, dependsOn: other === undefined ? [] : [other] },
    );
  }
}

/** What all Services of a load balancer have in common. */
interface Published {
  readonly name: string;
  readonly args: AksUdpLoadBalancerArgs;
  readonly checked: CheckedLoadBalancer;
  readonly address: Output<AksAddress>;
  readonly namespace: Output<string>;
  readonly selector: Output<Record<string, string>>;
}

/** All ports, or the TCP ones apart where there are others. */
function splitByProtocol(
  ports: readonly Port[],
  split: boolean,
): readonly [first: readonly Port[], second: readonly Port[]] {
  const tcp = split ? ports.filter(({ protocol }) => protocol === Protocol.Tcp) : [];
  return tcp.length === ports.length
    ? [ports, []]
    : [ports.filter((port) => !tcp.includes(port)), tcp];
}

function clusterHostname(service: Service): Output<string> {
  return all([service.metadata.name, service.metadata.namespace]).apply(
    ([name, namespace]) => `${name}.${namespace}.svc.cluster.local`,
  );
}
