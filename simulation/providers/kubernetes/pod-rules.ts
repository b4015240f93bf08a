import { isUnknown, type Properties, type Value } from "../../../components/provider/index.ts";
import { listOf, mapOf, valueAt } from "../../cloud/paths.ts";
import type { Rule } from "../../cloud/rule.ts";
import { inCluster, nameOf, namespaceOf } from "./objects.ts";

export const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
export const NAMESPACE = "kubernetes:core/v1:Namespace";
const ENFORCE = "pod-security.kubernetes.io/enforce";

export const selectorMatchesTemplate: Rule = {
  id: "kubernetes-deployment-selector",
  basis: "read",
  stage: "check",
  severity: "refuse",
  says: "The selector of a Deployment is not empty and matches the labels of its pod template.",
  source: "kubernetes/kubernetes pkg/apis/apps/validation/validation.go, ValidateDeploymentSpec",
  broken: ({ inputs }) => {
    const selector = valueAt(inputs, "spec.selector.matchLabels");
    const labels = valueAt(inputs, "spec.template.metadata.labels");
    if (isUnknown(selector) || isUnknown(labels)) {
      return undefined;
    }
    const wanted = Object.entries(mapOf(selector));
    const expressions = listOf(valueAt(inputs, "spec.selector.matchExpressions"));
    if (wanted.length === 0 && expressions.length === 0) {
      return {
        property: "spec.selector",
        reason: "Invalid value: empty selector is invalid for deployment",
      };
    }
    const missing = wanted.find(([key, value]) => mapOf(labels)[key] !== value);
    return missing === undefined
      ? undefined
      : {
          property: "spec.template.metadata.labels",
          reason: `Invalid value: \`selector\` does not match template \`labels\` (${missing[0]})`,
        };
  },
};

export const containersRequired: Rule = {
  id: "kubernetes-pod-containers",
  basis: "read",
  stage: "check",
  severity: "refuse",
  says: "A pod has at least one container, each with a name of its own and an image.",
  source: "kubernetes/kubernetes pkg/apis/core/validation/validation.go, ValidatePodSpec",
  broken: ({ inputs }) => {
    const property = "spec.template.spec.containers";
    const containers = listOf(valueAt(inputs, property)).map(mapOf);
    if (containers.length === 0) {
      return isUnknown(valueAt(inputs, property))
        ? undefined
        : { property, reason: "Required value" };
    }
    const nameless = containers.findIndex((container) => container.image === undefined);
    if (nameless >= 0) {
      return { property: `${property}[${nameless}].image`, reason: "Required value" };
    }
    const names = containers.map((container) => container.name);
    const twin = names.find((name, index) => names.indexOf(name) !== index);
    return twin === undefined ? undefined : { property, reason: `Duplicate value: "${twin}"` };
  },
};

/** What the level `restricted` refuses in a pod, in the admission controller's words. */
export function restrictedViolations(pod: Properties): readonly string[] {
  const podContext = mapOf(pod.securityContext);
  const containers = [...listOf(pod.containers), ...listOf(pod.initContainers)].map(mapOf);
  const violations: string[] = [];
  const say = (broken: boolean, text: string): void => {
    if (broken) {
      violations.push(text);
    }
  };
  for (const namespace of ["hostNetwork", "hostPID", "hostIPC"]) {
    say(pod[namespace] === true, `host namespaces (${namespace}=true)`);
  }
  say(
    listOf(pod.volumes).some((volume) => mapOf(volume).hostPath !== undefined),
    "hostPath volumes",
  );
  for (const container of containers) {
    const context = mapOf(container.securityContext);
    const either = (key: string): Value | undefined => context[key] ?? podContext[key];
    const name = `container "${container.name}"`;
    say(context.privileged === true, `privileged (${name} must not set privileged=true)`);
    say(
      context.allowPrivilegeEscalation !== false,
      `allowPrivilegeEscalation != false (${name} must set securityContext.allowPrivilegeEscalation=false)`,
    );
    const { drop, add } = mapOf(context.capabilities);
    say(
      !listOf(drop).includes("ALL") ||
        listOf(add).some((capability) => capability !== "NET_BIND_SERVICE"),
      `unrestricted capabilities (${name} must set securityContext.capabilities.drop=["ALL"])`,
    );
    say(either("runAsNonRoot") !== true, `runAsNonRoot != true (${name})`);
    say(either("runAsUser") === 0, `runAsUser=0 (${name})`);
    const profile =
      valueAt(context, "seccompProfile.type") ?? valueAt(podContext, "seccompProfile.type");
    say(
      profile !== "RuntimeDefault" && profile !== "Localhost",
      `seccompProfile (${name} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`,
    );
    say(
      listOf(container.ports).some((port) => Number(mapOf(port).hostPort ?? 0) !== 0),
      `hostPort (${name} uses hostPort)`,
    );
  }
  return violations;
}

export const podSecurity: Rule = {
  id: "kubernetes-pod-security-restricted",
  basis: "read",
  stage: "sync",
  severity: "refuse",
  says: "In a namespace that enforces restricted, a Deployment's violating pods are refused and it never gets ready.",
  source:
    "kubernetes/pod-security-admission admission/admission.go ValidatePod (enforces), ValidatePodController (warns)",
  broken: ({ inputs, scope, world }) => {
    const namespace = inCluster(world, scope, NAMESPACE).find(
      ({ inputs: other }) => nameOf(other) === namespaceOf(inputs),
    );
    if (mapOf(valueAt(namespace?.inputs, "metadata.labels"))[ENFORCE] !== "restricted") {
      return undefined;
    }
    const violations = restrictedViolations(mapOf(valueAt(inputs, "spec.template.spec")));
    return violations.length === 0
      ? undefined
      : `FailedCreate: pods of "${nameOf(inputs)}" are forbidden: violates PodSecurity "restricted:latest": ${violations.join(", ")}`;
  },
};

export const disruptionBudget: Rule = {
  id: "kubernetes-pdb-one-bound",
  basis: "read",
  stage: "check",
  severity: "refuse",
  says: "A PodDisruptionBudget has minAvailable or maxUnavailable, not both.",
  source:
    "kubernetes/kubernetes pkg/apis/policy/validation/validation.go, ValidatePodDisruptionBudgetSpec",
  broken: ({ inputs }) =>
    valueAt(inputs, "spec.minAvailable") !== undefined &&
    valueAt(inputs, "spec.maxUnavailable") !== undefined
      ? {
          property: "spec",
          reason: "Invalid value: minAvailable and maxUnavailable cannot be both set",
        }
      : undefined,
};

export const networkPolicyPorts: Rule = {
  id: "kubernetes-network-policy-ports",
  basis: "read",
  stage: "check",
  severity: "refuse",
  says: "A port of a NetworkPolicy is a name or 1 to 65535, its protocol TCP, UDP or SCTP.",
  source:
    "kubernetes/kubernetes pkg/apis/networking/validation/validation.go, ValidateNetworkPolicyPort",
  broken: ({ inputs }) => {
    for (const direction of ["ingress", "egress"]) {
      for (const [rule, item] of listOf(valueAt(inputs, `spec.${direction}`)).entries()) {
        for (const [index, value] of listOf(mapOf(item).ports).entries()) {
          const { port, protocol = "TCP" } = mapOf(value);
          const property = `spec.${direction}[${rule}].ports[${index}]`;
          if (typeof port === "number" && (port < 1 || port > 65_535)) {
            return {
              property: `${property}.port`,
              reason: `Invalid value: ${port}: must be between 1 and 65535, inclusive`,
            };
          }
          if (!["TCP", "UDP", "SCTP"].includes(String(protocol)) && !isUnknown(protocol)) {
            return { property: `${property}.protocol`, reason: `Unsupported value: "${protocol}"` };
          }
        }
      }
    }
    return undefined;
  },
};
