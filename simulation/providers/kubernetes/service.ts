import type { Properties, Value } from "../../../components/provider/index.ts";
import type { Fact } from "../../cloud/fact.ts";
import { hex } from "../../cloud/identifiers.ts";
import type { OutputRequest } from "../../cloud/model.ts";
import { listOf, mapOf, valueAt } from "../../cloud/paths.ts";
import type { World } from "../../cloud/world.ts";
import { azureServiceRules, ingressAddress, namedAddress } from "./azure-cloud-controller.ts";
import { ciliumAddresses, ciliumServes, ciliumServiceRules } from "./cilium-controller.ts";
import {
  adoptedBalancers,
  disownedBalancer,
  doksAddress,
  doksIngress,
  doksServiceRules,
  doksTargetPort,
  isDoksLoadBalancer,
} from "./digitalocean-cloud-controller.ts";
import type { Kind } from "./kind.ts";
import { metalLbAddresses, metalLbServes, metalLbServiceRules } from "./metallb-controller.ts";
import { serviceImmutable } from "./object-rules.ts";
import { inCluster, isLoadBalancer } from "./objects.ts";
import { SERVICE, serviceRules } from "./service-rules.ts";

export const assignment: Fact = {
  id: "kubernetes-service-assigned",
  basis: "read",
  says: "The cluster assigns clusterIP, node ports and, with Local policy on a load balancer, healthCheckNodePort; they stay for the life of the Service.",
  source: "kubernetes/kubernetes pkg/registry/core/service/storage/alloc.go",
};

export const skippedAwait: Fact = {
  id: "kubernetes-service-await",
  basis: "read",
  says: "The provider waits for the load balancer's address and fails without it, but with pulumi.com/skipAwait it returns at once, status empty.",
  source:
    "https://www.pulumi.com/registry/packages/kubernetes/installation-configuration/#pulumicomskipawait",
};

export const service: Kind = {
  type: SERVICE,
  apiVersion: "v1",
  kind: "Service",
  rules: [
    ...serviceRules,
    ...azureServiceRules,
    ...doksServiceRules,
    ...metalLbServiceRules,
    ...ciliumServiceRules,
  ],
  facts: [assignment, skippedAwait, doksAddress, doksTargetPort],
  immutable: serviceImmutable,
  computed: ["spec.clusterIP", "status"],
  outputs: (request) => ({
    ...request.inputs,
    spec: specOf(request),
    status: { loadBalancer: loadBalancerOf(request) },
  }),
  uses: (inputs, scope, world) => {
    const address = namedAddress(inputs, scope, world);
    return address === undefined ? [] : [address.id];
  },
  cascade: adoptedBalancers,
  leaves: disownedBalancer,
};

function specOf({ inputs, id, scope, world, previous }: OutputRequest): Properties {
  const spec = mapOf(inputs.spec);
  const type = spec.type ?? "ClusterIP";
  const external = type === "LoadBalancer" || type === "NodePort";
  const byte = (...parts: string[]): number => Number.parseInt(hex(2, ...parts, scope, id), 16);
  const local = type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";
  const taken = takenNodePorts(world, scope, id);
  return {
    type,
    sessionAffinity: "None",
    ...(external ? { externalTrafficPolicy: "Cluster" } : {}),
    ...spec,
    clusterIP:
      spec.clusterIP ?? valueAt(previous, "spec.clusterIP") ?? `10.0.${byte("a")}.${byte("b")}`,
    ports: listOf(spec.ports).map((item, index) => {
      const port = mapOf(item);
      const kept = valueAt(previous, `spec.ports[${index}].nodePort`);
      const assigns = external && spec.allocateLoadBalancerNodePorts !== false;
      return {
        protocol: "TCP",
        targetPort: port.port ?? null,
        ...port,
        ...(assigns ? { nodePort: port.nodePort ?? kept ?? nodePort(taken, id, index) } : {}),
      };
    }),
    ...(local
      ? {
          healthCheckNodePort:
            spec.healthCheckNodePort ??
            valueAt(previous, "spec.healthCheckNodePort") ??
            nodePort(taken, id, -1),
        }
      : {}),
  };
}

function takenNodePorts(world: World, scope: string, id: string): Set<Value> {
  return new Set(
    inCluster(world, scope, SERVICE)
      .filter((other) => other.id !== id)
      .flatMap((other) => [
        ...listOf(valueAt(other.outputs, "spec.ports")).map((port) => mapOf(port).nodePort ?? 0),
        valueAt(other.outputs, "spec.healthCheckNodePort") ?? 0,
      ]),
  );
}

/** The first free node port at or after the one that the Service's name leads to; it is then taken. */
function nodePort(taken: Set<Value>, id: string, index: number): number {
  const range = 2768;
  const start = Number.parseInt(hex(8, "node-port", id, index), 16);
  for (let step = 0; step < range; step++) {
    const port = 30_000 + ((start + step) % range);
    if (!taken.has(port)) {
      taken.add(port);
      return port;
    }
  }
  throw new Error("no node port is free: all 2768 of 30000-32767 are in use");
}

/** Addresses by whoever of the cluster's controllers serves the Service. */
function loadBalancerOf({ inputs, id, scope, world, previous, synced }: OutputRequest): Properties {
  if (!synced || !isLoadBalancer(inputs)) {
    return {};
  }
  const cloudAddress = isDoksLoadBalancer(inputs, scope) ? doksIngress : ingressAddress;
  const ips = metalLbServes(inputs, scope, world)
    ? metalLbAddresses(inputs, scope, id, world, previous)
    : ciliumServes(inputs, scope, world)
      ? ciliumAddresses(inputs, scope, id, world, previous)
      : [cloudAddress(inputs, scope, id, world, previous) ?? []].flat();
  return ips.length === 0 ? {} : { ingress: ips.map((ip) => ({ ip, ipMode: "VIP" })) };
}
