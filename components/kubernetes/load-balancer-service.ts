import { type Input, type Output, output } from "@pulumi/pulumi";
import type { Port } from "../endpoint/index.ts";
import { sortedByKey } from "../endpoint/plain.ts";
import { IpFamily, type TrafficPolicy } from "./load-balancer-args.ts";
import { commonLabels, servicePorts } from "./service.ts";

const SKIP_AWAIT = { "pulumi.com/skipAwait": "true" };

/** What tells one Service of type LoadBalancer from another. */
export interface LoadBalancerServiceOptions {
  readonly instance: string;
  readonly namespace: Input<string>;
  readonly selector: Input<Record<string, string>>;
  readonly ports: readonly Port[];
  readonly policy: TrafficPolicy;
  /** Annotations for whoever hands out the address. */
  readonly annotations: Readonly<Record<string, Input<string>>>;
  /** Labels beside the common ones. */
  readonly labels?: Input<Readonly<Record<string, string>>> | undefined;
  readonly serviceName?: string | undefined;
  readonly sourceRanges?: readonly string[] | undefined;
  readonly skipAwait?: boolean | undefined;
  readonly loadBalancerClass?: Input<string> | undefined;
  readonly ipFamilies?: readonly IpFamily[] | undefined;
  /** Seconds that a client stays with its pod. */
  readonly affinitySeconds?: number | undefined;
}

/** A Service of type LoadBalancer as the provider takes it. */
export function loadBalancerService(options: LoadBalancerServiceOptions) {
  const { serviceName, sourceRanges, loadBalancerClass, ipFamilies, affinitySeconds } = options;
  const common = commonLabels(options.instance, "load-balancer");
  return {
    metadata: {
      ...(serviceName === undefined ? {} : { name: serviceName }),
      namespace: options.namespace,
      labels:
        options.labels === undefined
          ? common
          : output(options.labels).apply((more) => sortedByKey({ ...common, ...more })),
      annotations: sortedByKey<Input<string>>({
        ...options.annotations,
        ...(options.skipAwait === true ? SKIP_AWAIT : {}),
      }),
    },
    spec: {
      type: "LoadBalancer",
      // Packets come in with the Service's own address and port, so no node port is used.
      allocateLoadBalancerNodePorts: false,
      externalTrafficPolicy: options.policy,
      ...(ipFamilies === undefined
        ? {}
        : {
            ipFamilies: [...ipFamilies],
            ipFamilyPolicy: ipFamilies.length > 1 ? "RequireDualStack" : "SingleStack",
          }),
      ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }),
      ...(sourceRanges === undefined ? {} : { loadBalancerSourceRanges: [...sourceRanges] }),
      ports: servicePorts(options.ports),
      selector: options.selector,
      ...(affinitySeconds === undefined
        ? {}
        : {
            sessionAffinity: "ClientIP",
            sessionAffinityConfig: { clientIP: { timeoutSeconds: affinitySeconds } },
          }),
    },
  };
}

/** The Service of type ClusterIP for `INTERNAL` ports; nobody waits for its pods. */
export function internalService(options: {
  readonly instance: string;
  readonly namespace: Input<string>;
  readonly selector: Input<Record<string, string>>;
  readonly ports: readonly Port[];
}) {
  return {
    metadata: {
      namespace: options.namespace,
      labels: commonLabels(options.instance, "internal"),
      annotations: { ...SKIP_AWAIT },
    },
    spec: {
      type: "ClusterIP",
      ports: servicePorts(options.ports),
      selector: options.selector,
    },
  };
}

/** Addresses in a Service's status; none until one is assigned. */
export function assignedAddresses(
  status: Output<
    { loadBalancer?: { ingress?: { ip?: string | undefined }[] | undefined } } | undefined
  >,
): Output<string[]> {
  return status.apply((known) =>
    (known?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []),
  );
}

/** IP versions of the addresses, in their order. */
export const familiesOf = (addresses: readonly string[]): IpFamily[] =>
  addresses.map((address) => (address.includes(":") ? IpFamily.IPv6 : IpFamily.IPv4));
