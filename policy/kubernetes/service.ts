import type { ResourceRule } from "../rule.ts";
import { numberOf, type Properties, textOf } from "../values.ts";
import { L2_CLASS } from "./cilium.ts";
import {
  classOf,
  isInternal,
  isLoadBalancer,
  isOnAzure,
  isUdpLoadBalancer,
  isUdpPort,
  portsOf,
  SERVICE,
  trafficPolicyOf,
} from "./service-view.ts";

const clusterPolicy: ResourceRule = {
  name: "udp-service-cluster-policy",
  level: "advisory",
  levelReason: "what a platform other than Azure makes of it differs",
  trap: 1,
  refuses: "A load balancer Service with a UDP port has the traffic policy Cluster.",
  wayOut: "Set `externalTrafficPolicy: Local`, which keeps the client's address and saves a hop.",
  types: SERVICE,
  faults: (subject) =>
    isUdpLoadBalancer(subject) &&
    trafficPolicyOf(subject) === "Cluster" &&
    !isOnAzure(subject) &&
    classOf(subject) !== L2_CLASS
      ? ["pods see the node's address in the place of the client's"]
      : [],
};

const ADMIN_NAME = /(^|-)(metrics|admin|prometheus|pprof|debug-http)(-|$)/;
/** Prometheus and its exporters, the kubelet, Cilium's and Envoy's administration. */
const ADMIN_PORTS: readonly number[] = [9090, 9091, 9093, 9100, 9901, 10250, 10255];

const adminPort: ResourceRule = {
  name: "udp-service-public-admin-port",
  level: "mandatory",
  levelReason: "whoever scans the address reads it, and often writes it",
  trap: 38,
  refuses: "A public load balancer Service publishes a port for metrics or administration.",
  wayOut: "Give the port a ClusterIP Service of its own, or an internal load balancer.",
  types: SERVICE,
  faults: (subject) =>
    isLoadBalancer(subject) && !isInternal(subject)
      ? portsOf(subject)
          .filter(isAdmin)
          .map(({ name, port }) => `it publishes port ${numberOf(port)} ${textOf(name)}`.trimEnd())
      : [],
};

/** A UDP port of such a number is a coincidence. */
function isAdmin(port: Properties): boolean {
  const numbers = [numberOf(port.port), numberOf(port.targetPort)];
  return (
    ADMIN_NAME.test(textOf(port.name)) ||
    ADMIN_NAME.test(textOf(port.targetPort)) ||
    (!isUdpPort(port) && numbers.some((number) => ADMIN_PORTS.includes(number)))
  );
}

export const serviceRules = [clusterPolicy, adminPort];
