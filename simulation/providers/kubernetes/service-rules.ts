import { isUnknown, type Value } from "../../../components/provider/index.ts";
import { listOf, mapOf, textOf, valueAt } from "../../cloud/paths.ts";
import type { Rule } from "../../cloud/rule.ts";
import { inCluster, portsOf } from "./objects.ts";

export const SERVICE = "kubernetes:core/v1:Service";

const VALIDATION = "kubernetes/kubernetes pkg/apis/core/validation/validation.go";
const check = { stage: "check", severity: "refuse" } as const;

const isPort = (value: Value): boolean =>
  typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65_535;

export const servicePortRange: Rule = {
  ...check,
  id: "kubernetes-service-port-range",
  basis: "read",
  says: "Ports are whole numbers from 1 to 65535; a target port may be a name of up to 15 characters.",
  source: `${VALIDATION}, validateServicePort`,
  broken: ({ inputs }) => {
    for (const [index, { port, targetPort }] of portsOf(inputs).entries()) {
      if (port !== undefined && !isUnknown(port) && !isPort(port)) {
        return {
          property: `spec.ports[${index}].port`,
          reason: `Invalid value: ${port}: must be between 1 and 65535, inclusive`,
        };
      }
      const name = typeof targetPort === "string" && !isUnknown(targetPort);
      const named = name && /^[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/.test(targetPort);
      const wrong = name ? !named : typeof targetPort === "number" && !isPort(targetPort);
      if (wrong) {
        return {
          property: `spec.ports[${index}].targetPort`,
          reason: `Invalid value: ${targetPort}: must be a port from 1 to 65535, or a name of at most 15 characters`,
        };
      }
    }
    return undefined;
  },
};

export const servicePortNames: Rule = {
  ...check,
  id: "kubernetes-service-port-names",
  basis: "read",
  says: "Several ports each have a name, and no two the same.",
  source: `${VALIDATION}, ValidateService`,
  broken: ({ inputs }) => {
    const ports = portsOf(inputs);
    const seen = new Set<Value>();
    for (const [index, { name }] of ports.entries()) {
      if (ports.length > 1 && (name === undefined || name === "")) {
        return { property: `spec.ports[${index}].name`, reason: "Required value" };
      }
      if (name !== undefined && seen.has(name) && !isUnknown(name)) {
        return { property: `spec.ports[${index}].name`, reason: `Duplicate value: "${name}"` };
      }
      seen.add(name ?? "");
    }
    return undefined;
  },
};

export const servicePortUnique: Rule = {
  ...check,
  id: "kubernetes-service-port-unique",
  basis: "read",
  says: "A port number occurs once for each protocol.",
  source: `${VALIDATION}, ValidateService`,
  broken: ({ inputs }) => {
    const seen = new Set<string>();
    for (const [index, { port, protocol }] of portsOf(inputs).entries()) {
      const key = `${protocol}/${port}`;
      if (seen.has(key) && !isUnknown(port)) {
        return { property: `spec.ports[${index}]`, reason: `Duplicate value: ${key}` };
      }
      seen.add(key);
    }
    return undefined;
  },
};

export const serviceProtocol: Rule = {
  ...check,
  id: "kubernetes-service-protocol",
  basis: "read",
  says: "The protocol of a port is TCP, UDP or SCTP, in capitals.",
  source: `${VALIDATION}, validateServicePort (supportedPortProtocols)`,
  broken: ({ inputs }) => {
    const index = portsOf(inputs).findIndex(
      ({ protocol }) => !["TCP", "UDP", "SCTP"].includes(protocol) && !isUnknown(protocol),
    );
    return index < 0
      ? undefined
      : {
          property: `spec.ports[${index}].protocol`,
          reason: `Unsupported value: "${portsOf(inputs)[index]?.protocol}": supported values: "SCTP", "TCP", "UDP"`,
        };
  },
};

export const serviceHasPorts: Rule = {
  ...check,
  id: "kubernetes-service-ports-required",
  basis: "read",
  says: "A Service that is not headless or an external name has at least one port.",
  source: `${VALIDATION}, ValidateService`,
  broken: ({ inputs }) => {
    const headless = valueAt(inputs, "spec.clusterIP") === "None";
    const external = valueAt(inputs, "spec.type") === "ExternalName";
    const ports = valueAt(inputs, "spec.ports");
    return !headless && !external && !isUnknown(ports) && listOf(ports).length === 0
      ? { property: "spec.ports", reason: "Required value" }
      : undefined;
  },
};

export const trafficPolicyNeedsExternal: Rule = {
  ...check,
  id: "kubernetes-service-external-policy",
  basis: "read",
  says: "externalTrafficPolicy is Local or Cluster, on NodePort and LoadBalancer Services only.",
  source: `${VALIDATION}, validateServiceExternalTrafficPolicy`,
  broken: ({ inputs }) => {
    const policy = valueAt(inputs, "spec.externalTrafficPolicy");
    const type = valueAt(inputs, "spec.type") ?? "ClusterIP";
    if (policy === undefined || isUnknown(policy) || isUnknown(type)) {
      return undefined;
    }
    const property = "spec.externalTrafficPolicy";
    if (type !== "LoadBalancer" && type !== "NodePort") {
      return {
        property,
        reason: `Invalid value: "${policy}": may only be set for externally-accessible services`,
      };
    }
    return policy === "Local" || policy === "Cluster"
      ? undefined
      : {
          property,
          reason: `Unsupported value: "${policy}": supported values: "Cluster", "Local"`,
        };
  },
};

export const healthCheckPortNeedsLocal: Rule = {
  ...check,
  id: "kubernetes-service-health-check-port",
  basis: "read",
  says: "healthCheckNodePort is for LoadBalancer Services with externalTrafficPolicy Local.",
  source: `${VALIDATION}, validateServiceExternalTrafficPolicy`,
  broken: ({ inputs }) => {
    const port = valueAt(inputs, "spec.healthCheckNodePort");
    const local = valueAt(inputs, "spec.externalTrafficPolicy") === "Local";
    const balanced = valueAt(inputs, "spec.type") === "LoadBalancer";
    return port !== undefined && port !== 0 && !(local && balanced)
      ? {
          property: "spec.healthCheckNodePort",
          reason: `Invalid value: ${port}: may only be set when \`type\` is 'LoadBalancer' and \`externalTrafficPolicy\` is 'Local'`,
        }
      : undefined;
  },
};

export const affinityTimeout: Rule = {
  ...check,
  id: "kubernetes-service-affinity-timeout",
  basis: "read",
  says: "The timeout of ClientIP affinity is 1 to 86400 seconds.",
  source: `${VALIDATION}, validateClientIPAffinityConfig`,
  broken: ({ inputs }) => {
    const property = "spec.sessionAffinityConfig.clientIP.timeoutSeconds";
    const seconds = valueAt(inputs, property);
    return typeof seconds === "number" && (seconds <= 0 || seconds > 86_400)
      ? {
          property,
          reason: `Invalid value: ${seconds}: must be greater than 0 and less than 86400`,
        }
      : undefined;
  },
};

export const sourceRanges: Rule = {
  ...check,
  id: "kubernetes-service-source-ranges",
  basis: "read",
  says: "loadBalancerSourceRanges are IP ranges, on LoadBalancer Services only.",
  source: `${VALIDATION}, ValidateService`,
  broken: ({ inputs }) => {
    const property = "spec.loadBalancerSourceRanges";
    const ranges = listOf(valueAt(inputs, property));
    if (ranges.length > 0 && valueAt(inputs, "spec.type") !== "LoadBalancer") {
      return { property, reason: "Forbidden: may only be used when `type` is 'LoadBalancer'" };
    }
    const wrong = ranges.find(
      (range) => !isUnknown(range) && !/^[0-9a-f.:]+\/\d{1,3}$/i.test(textOf(range) ?? ""),
    );
    return wrong === undefined
      ? undefined
      : { property, reason: `Invalid value: "${wrong}": must be a list of IP ranges` };
  },
};

export const nodePortFree: Rule = {
  id: "kubernetes-service-node-port",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A node port is from 30000 to 32767 and belongs to one Service for each protocol.",
  source:
    "kubernetes/kubernetes pkg/kubeapiserver/options/options.go DefaultServiceNodePortRange; pkg/registry/core/service/portallocator",
  broken: ({ inputs, world, scope, id }) => {
    const wanted = portsOf(inputs).filter(({ nodePort }) => typeof nodePort === "number");
    for (const { nodePort, protocol } of wanted) {
      if (Number(nodePort) < 30_000 || Number(nodePort) > 32_767) {
        return `spec.ports.nodePort: Invalid value: ${nodePort}: provided port is not in the valid range. The range of valid ports is 30000-32767`;
      }
      const taken = inCluster(world, scope, SERVICE).some(
        (other) =>
          other.id !== id &&
          listOf(valueAt(other.outputs, "spec.ports")).some(
            (port) => mapOf(port).nodePort === nodePort && mapOf(port).protocol === protocol,
          ),
      );
      if (taken) {
        return `spec.ports.nodePort: Invalid value: ${nodePort}: provided port is already allocated`;
      }
    }
    return undefined;
  },
};

export const serviceRules: readonly Rule[] = [
  serviceHasPorts,
  servicePortRange,
  servicePortNames,
  servicePortUnique,
  serviceProtocol,
  trafficPolicyNeedsExternal,
  healthCheckPortNeedsLocal,
  affinityTimeout,
  sourceRanges,
  nodePortFree,
];
