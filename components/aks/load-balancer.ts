import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from "@pulumi/pulumi";
import type { Endpoint, HasEndpoint } from "../endpoint/index.ts";
import { checkedLater } from "../endpoint/invalid.ts";
import { sortedByKey } from "../endpoint/plain.ts";
import { checkSelector, commonLabels, servicePorts } from "../kubernetes/index.ts";
import { type AksUdpLoadBalancerArgs, checkLoadBalancerArgs } from "./load-balancer-args.ts";

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
  /** Name that the published ports have inside the cluster: `<service>.<namespace>.svc.cluster.local`. */
  readonly clusterHostname: Output<string>;
  /** The same for the `INTERNAL` ports; absent where there are none. */
  readonly internalHostname?: Output<string>;

  /**
   * @param name Unique among the program's components; children are named `<name>-service` and
   * `<name>-internal`.
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

    const service = new Service(
      `${name}-service`,
      {
        metadata: {
          ...(args.serviceName === undefined ? {} : { name: args.serviceName }),
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
          ports: servicePorts(checked.publicPorts),
          selector,
        },
      },
      // Two Services can't hold one address and port: the old one goes before the new one comes.
      { parent: this, deleteBeforeReplace: true },
    );
    this.clusterHostname = clusterHostname(service);

    const internal =
      checked.internalPorts.length === 0
        ? undefined
        : new Service(
            `${name}-internal`,
            {
              metadata: {
                namespace,
                labels: commonLabels(name, "internal"),
                // Its pods may come later; nothing in this program depends on them being there.
                annotations: { "pulumi.com/skipAwait": "true" },
              },
              spec: {
                type: "ClusterIP",
                ports: servicePorts(checked.internalPorts),
                selector,
              },
            },
            { parent: this },
          );
    if (internal !== undefined) {
      this.internalHostname = clusterHostname(internal);
    }

    // Built from parts, so that `endpoint.ports` is known while the address is still unknown.
    this.endpoint = output({
      addresses: [address.ipAddress],
      hostname: address.hostname,
      ports: checked.publicPorts.map(({ name, port, protocol }) => ({ name, port, protocol })),
    }) as Output<Endpoint>;
    this.registerOutputs({
      endpoint: this.endpoint,
      clusterHostname: this.clusterHostname,
      internalHostname: this.internalHostname,
    });
  }
}

function clusterHostname(service: Service): Output<string> {
  return all([service.metadata.name, service.metadata.namespace]).apply(
    ([name, namespace]) => `${name}.${namespace}.svc.cluster.local`,
  );
}
