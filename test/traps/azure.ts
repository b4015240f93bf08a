import type { Trap } from "./trap.ts";

const LB = "components/aks/load-balancer.ts";
const LB_ARGS = "components/aks/load-balancer-args.ts";
const LB_TEST = "components/aks/load-balancer.test.ts";
const IP = "components/aks/static-ip.ts";
const IP_ARGS = "components/aks/static-ip-args.ts";
const IP_TEST = "components/aks/static-ip.test.ts";

/** Traps of AKS and its cloud controller. */
export const azure: readonly Trap[] = [
  {
    number: 1,
    trap: "AKS, policy `Cluster`: Azure probes no UDP port at all, dead nodes keep receiving packets",
    fix: "the policy is `Local`; `Cluster` with a UDP port is refused unless it is meant",
    mutations: [
      {
        file: LB_ARGS,
        from: "args.externalTrafficPolicy ?? TrafficPolicy.Local",
        to: "args.externalTrafficPolicy ?? TrafficPolicy.Cluster",
        test: "trap 1: the policy is Local, and Cluster with UDP is refused unless it is meant",
        in: LB_TEST,
      },
      {
        file: LB_ARGS,
        from: "udp !== undefined && args.allowUnprobedUdp !== true",
        to: "false",
        test: "trap 1: the policy is Local, and Cluster with UDP is refused unless it is meant",
        in: LB_TEST,
      },
    ],
  },
  {
    number: 2,
    trap: "AKS passes over health probe annotations of a UDP port without a word",
    fix: "a health probe on a UDP port is refused",
    mutations: [
      {
        file: LB_ARGS,
        from: "if (port.protocol === Protocol.Udp) {",
        to: "if (false) {",
        test: "trap 2: a health probe on a UDP port is refused by the port's name",
        in: LB_TEST,
      },
    ],
  },
  {
    number: 3,
    trap: "the address goes with its Service or with the cluster",
    fix: "a Standard, static, protected address in a resource group of its own, never in the nodes'",
    mutations: [
      {
        file: IP,
        from: "opts?.protect ?? true",
        to: "opts?.protect",
        test: "trap 3: the address is Standard, static, in a group of its own, and protected",
        in: IP_TEST,
      },
      {
        file: IP,
        from: 'publicIPAllocationMethod: "Static"',
        to: 'publicIPAllocationMethod: "Dynamic"',
        test: "trap 3: the address is Standard, static, in a group of its own, and protected",
        in: IP_TEST,
      },
      {
        file: IP_ARGS,
        from: "name.toLowerCase() === nodeResourceGroup?.toLowerCase()",
        to: "false",
        test: "trap 3: the cluster's node resource group is refused, however it is written",
        in: IP_TEST,
      },
    ],
    alsoShown: ["a protected address outlives an attempt to destroy its stack"],
  },
  {
    number: 4,
    trap: "without the role on the address's group the cloud controller gets a 403, and the Service stays pending",
    fix: "the control plane's identity gets the role, and whoever uses the address waits for it",
    mutations: [
      {
        file: IP,
        from: "all([ip.name, ...granted])",
        to: "all([ip.name])",
        test: "trap 4: the control plane's identity gets the role, and users of the address wait for it",
        in: IP_TEST,
      },
      {
        file: IP,
        from: 'principalType: "ServicePrincipal",',
        to: "",
        test: "trap 4: the control plane's identity gets the role, and users of the address wait for it",
        in: IP_TEST,
      },
    ],
  },
  {
    number: 5,
    trap: "a tag such as `service` on the address makes the cloud controller rewrite it and delete the address",
    fix: "the controller's six tags are refused, in any case of their letters",
    mutations: [
      {
        file: IP_ARGS,
        from: "RESERVED_TAGS.includes(tag.toLowerCase())",
        to: "false",
        test: "trap 5: the tag service is refused",
        in: IP_TEST,
      },
      {
        file: IP_ARGS,
        from: "RESERVED_TAGS.includes(tag.toLowerCase())",
        to: "RESERVED_TAGS.includes(tag)",
        test: "trap 5: Azure compares tag names without case, and so does the check",
        in: IP_TEST,
      },
    ],
  },
  {
    number: 6,
    trap: "the DNS label annotation overwrites the address's settings",
    fix: "the label is set on the address, and no Service carries the annotation",
    mutations: [
      {
        file: LB,
        from: "[PIP_NAME]: address.publicIpName,",
        to: '[PIP_NAME]: address.publicIpName, "service.beta.kubernetes.io/azure-dns-label-name": "audio",',
        test: "trap 6: no Service carries a DNS label annotation",
        in: LB_TEST,
      },
      {
        file: IP,
        from: "dnsSettings: { domainNameLabel: args.dnsLabel }",
        to: "",
        test: "trap 6: the DNS label sits on the address, whose name becomes known",
        in: IP_TEST,
      },
    ],
  },
  {
    number: 7,
    trap: "probes whose interval times count is 120 seconds or more: the controller refuses the whole Service",
    fix: "the product is checked",
    mutations: [
      {
        file: LB_ARGS,
        from: "interval * count >= probeProductBelowSeconds",
        to: "false",
        test: "trap 7: interval times count stays below 120 seconds",
        in: LB_TEST,
      },
    ],
  },
  {
    number: 8,
    trap: "more than 300 rules on a node's network interface fail in the controller, long after `pulumi up`",
    fix: "published ports are counted, and the 301st is refused with the numbers",
    mutations: [
      {
        file: LB_ARGS,
        from: "published > AKS_LIMITS.rulesPerNic",
        to: "false",
        test: "trap 8: 300 ports are published, 301 are refused with the numbers",
        in: LB_TEST,
      },
    ],
  },
  {
    number: 36,
    trap: "Pulumi waits 10 minutes for pods that another tool deploys, and DNS waits with it",
    fix: "`skipAwait`, and an endpoint that comes from the address and never from the Service's status",
    mutations: [
      {
        file: LB,
        from: '...(args.skipAwait === true ? { "pulumi.com/skipAwait": "true" } : {}),',
        to: "",
        test: "trap 36: the endpoint comes from the address, whether or not anything is awaited",
        in: LB_TEST,
      },
      {
        file: LB,
        from: "addresses: [address.ipAddress],",
        to: 'addresses: [service.status.apply((status) => status?.loadBalancer?.ingress?.[0]?.ip ?? "")],',
        test: "trap 36: the endpoint comes from the address, whether or not anything is awaited",
        in: LB_TEST,
      },
    ],
  },
  {
    number: 37,
    trap: "a selector on Porter's application and service alone mixes deployment targets; one on the revision loses its pods with the next deployment",
    fix: "`porterSelector` takes the deployment target, and the revision label is refused anywhere",
    mutations: [
      {
        file: "components/kubernetes/selector.ts",
        from: "label === PORTER_REVISION",
        to: "false",
        test: "trap 37: Porter's revision label is refused in any selector",
        in: LB_TEST,
      },
      {
        file: "components/kubernetes/selector.ts",
        from: "args.deploymentTargetId !== undefined",
        to: "false",
        test: "trap 37: the deployment target narrows the selector, the revision never gets in",
        in: "components/kubernetes/selector.test.ts",
      },
    ],
  },
];
