import type { ResourceRule, StackRule, Subject } from "../rule.ts";
import {
  at,
  isTrue,
  listOf,
  mapOf,
  mapsOf,
  numberOf,
  type Properties,
  textOf,
  UNKNOWN,
} from "../values.ts";
import { isUdpLoadBalancer, isUdpPort, SERVICE, trafficPolicyOf } from "./service-view.ts";

const DEPLOYMENT = /^kubernetes:apps\/v1:Deployment$/;
const WORKLOAD = /^kubernetes:apps\/v1:(Deployment|StatefulSet|DaemonSet)$/;
const NAMESPACE = /^kubernetes:core\/v1:Namespace$/;
const PSA_LABEL = "pod-security.kubernetes.io/enforce";

const containersOf = ({ props }: Subject): readonly Properties[] =>
  ["containers", "initContainers"].flatMap((kind) =>
    mapsOf(at(props, `spec.template.spec.${kind}`)),
  );

const recreate: ResourceRule = {
  name: "udp-deployment-recreate",
  level: "advisory",
  levelReason: "a workload whose state allows one pod has no choice",
  trap: 34,
  refuses: "A Deployment with a UDP port has the strategy Recreate.",
  wayOut: "Use RollingUpdate with two replicas or more, so that there is always an endpoint.",
  types: DEPLOYMENT,
  faults: (subject) =>
    at(subject.props, "spec.strategy.type") === "Recreate" &&
    containersOf(subject).some(({ ports }) => mapsOf(ports).some(isUdpPort))
      ? ["during a rollout there is no endpoint, and conntrack remembers that for steady senders"]
      : [],
};

/** True when a Service's selector picks a workload's pods. */
function selects(service: Subject, workload: Subject): boolean {
  const selector = Object.entries(mapOf(at(service.props, "spec.selector")));
  const labels = mapOf(at(workload.props, "spec.template.metadata.labels"));
  const sameNamespace =
    textOf(at(service.props, "metadata.namespace")) ===
    textOf(at(workload.props, "metadata.namespace"));
  return (
    sameNamespace &&
    selector.length > 0 &&
    selector.every(([key, value]) => typeof value === "string" && labels[key] === value)
  );
}

const oneReplica: StackRule = {
  name: "udp-deployment-one-replica",
  level: "advisory",
  levelReason: "state in memory may allow one pod alone",
  trap: 34,
  refuses: "A Deployment of one replica stands behind a UDP Service with the traffic policy Local.",
  wayOut: "Run two replicas or more, spread over nodes, or accept a gap at each rollout.",
  stackFaults: (subjects) => {
    const services = subjects.filter(
      (subject) =>
        SERVICE.test(subject.type) &&
        isUdpLoadBalancer(subject) &&
        trafficPolicyOf(subject) === "Local",
    );
    return subjects
      .filter(({ type }) => DEPLOYMENT.test(type))
      .filter(({ props }) => {
        return numberOf(at(props, "spec.replicas") ?? 1) <= 1;
      })
      .filter((deployment) => services.some((service) => selects(service, deployment)))
      .map(({ urn }) => ({
        urn,
        fault: "its only node drops out of the load balancer whenever the pod moves",
      }));
  },
};

function powerOf({ securityContext }: Properties): string | undefined {
  if (isTrue(at(securityContext, "privileged"))) {
    return "is privileged";
  }
  return listOf(at(securityContext, "capabilities.add")).includes("NET_ADMIN")
    ? "has NET_ADMIN"
    : undefined;
}

const privileged: StackRule = {
  name: "udp-pod-privileged-without-label",
  level: "advisory",
  levelReason: "clusters without Pod Security admission take it, and others refuse it loudly",
  trap: 40,
  refuses:
    "A privileged container, or one with NET_ADMIN, runs in a namespace of the stack that does not say so.",
  wayOut: `Drop the privilege, or label the namespace with ${PSA_LABEL}: privileged.`,
  stackFaults: (subjects) => {
    const unlabelled = new Set(
      subjects
        .filter(({ type }) => NAMESPACE.test(type))
        .filter(({ props }) => {
          const label = mapOf(at(props, "metadata.labels"))[PSA_LABEL];
          return label !== UNKNOWN && label !== "privileged";
        })
        .map(({ props }) => textOf(at(props, "metadata.name"))),
    );
    return subjects
      .filter(({ type }) => WORKLOAD.test(type))
      .filter(({ props }) => {
        const namespace = textOf(at(props, "metadata.namespace"));
        return namespace !== "" && unlabelled.has(namespace);
      })
      .flatMap((subject) =>
        containersOf(subject).flatMap((container) => {
          const power = powerOf(container);
          return power === undefined
            ? []
            : [{ urn: subject.urn, fault: `the container ${textOf(container.name)} ${power}` }];
        }),
      );
  },
};

export const workloadRules = [recreate, oneReplica, privileged];
