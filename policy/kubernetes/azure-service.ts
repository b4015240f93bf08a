import type { ResourceRule, Subject } from "../rule.ts";
import { numberOf, type Value } from "../values.ts";
import {
  annotationsOf,
  isOnAzure,
  isUdpLoadBalancer,
  isUdpPort,
  portsOf,
  SERVICE,
  trafficPolicyOf,
} from "./service-view.ts";

const PREFIX = "service.beta.kubernetes.io/";

const clusterPolicy: ResourceRule = {
  name: "udp-aks-service-cluster-policy",
  level: "mandatory",
  levelReason: "Azure probes no UDP port then: dead nodes keep receiving packets",
  trap: 1,
  refuses: "A load balancer Service on AKS has a UDP port and the traffic policy Cluster.",
  wayOut: "Set `externalTrafficPolicy: Local`, with which Azure probes the node's health port.",
  types: SERVICE,
  faults: (subject) =>
    isUdpLoadBalancer(subject) && isOnAzure(subject) && trafficPolicyOf(subject) === "Cluster"
      ? ["its UDP ports get no health probe"]
      : [],
};

/** Annotations that say what is probed; how often is said for all ports and counts under Local too. */
const WHAT_IS_PROBED = /^azure-load-balancer-health-probe-(protocol|port|request-path)$/;
const OF_A_PORT = /^port_(\d+)_health-probe_/;

function probesOnUdp(subject: Subject): readonly string[] {
  const ports = portsOf(subject);
  const others = ports.filter((port) => !isUdpPort(port));
  return Object.keys(annotationsOf(subject)).filter((key) => {
    const short = key.startsWith(PREFIX) ? key.slice(PREFIX.length) : "";
    const number = OF_A_PORT.exec(short)?.[1];
    return number === undefined
      ? WHAT_IS_PROBED.test(short) && others.length === 0
      : ports.some((one) => same(one.port, number)) &&
          !others.some((one) => same(one.port, number));
  });
}

const same = (port: Value, number: string): boolean => numberOf(port) === Number(number);

const probeAnnotations: ResourceRule = {
  name: "udp-aks-service-probe-annotations",
  level: "mandatory",
  levelReason: "the controller passes them over without a word, and nothing is probed as they say",
  trap: 2,
  refuses: "A Service on AKS asks with annotations for a health probe on a UDP port.",
  wayOut: "Take the annotations away, and make the pod's readiness say what they meant to ask.",
  types: SERVICE,
  faults: (subject) =>
    isUdpLoadBalancer(subject)
      ? probesOnUdp(subject).map((key) => `Azure ignores "${key}" on a UDP port`)
      : [],
};

/** cloud-provider-azure, pkg/provider/azure_loadbalancer_healthprobe.go. Seconds, checks, seconds. */
const PROBE = { interval: 5, count: 2, productBelow: 120 };

const probeTime: ResourceRule = {
  name: "udp-aks-service-probe-time",
  level: "mandatory",
  levelReason: "the controller refuses the whole Service",
  trap: 7,
  refuses: "A Service on AKS takes 120 seconds or more to notice a dead node.",
  wayOut: "Keep interval (seconds) times number of probes below 120.",
  types: SERVICE,
  faults: (subject) => {
    const annotations = annotationsOf(subject);
    const key = `${PREFIX}azure-load-balancer-health-probe-`;
    const interval = numberOf(annotations[`${key}interval`] ?? PROBE.interval);
    const count = numberOf(annotations[`${key}num-of-probe`] ?? PROBE.count);
    return interval * count >= PROBE.productBelow
      ? [`${count} probes every ${interval} s are ${interval * count} s`]
      : [];
  },
};

const dnsLabel: ResourceRule = {
  name: "udp-aks-service-dns-label",
  level: "advisory",
  levelReason: "it is right where the address is the controller's own",
  trap: 6,
  refuses: "A Service on AKS names its address and sets that address's DNS label.",
  wayOut: "Set `dnsSettings` on the address itself: the annotation overwrites it at each sync.",
  types: SERVICE,
  faults: (subject) => {
    const has = (name: string) => Object.hasOwn(annotationsOf(subject), `${PREFIX}azure-${name}`);
    return has("dns-label-name") && has("pip-name")
      ? ["the controller changes the DNS settings of an address that is not its own"]
      : [];
  },
};

export const azureServiceRules = [clusterPolicy, probeAnnotations, probeTime, dnsLabel];
