import type { Properties } from "../../../components/provider/index.ts";
import { delay } from "../../cloud/delay.ts";
import { hex, publicAddress } from "../../cloud/identifiers.ts";
import { listOf, textOf, valueAt } from "../../cloud/paths.ts";
import type { Rule, RuleSubject } from "../../cloud/rule.ts";
import { addressesIn, type CloudObject, objectsOf, type World } from "../../cloud/world.ts";
import { type Cluster, findCluster } from "../azure-native/clusters.ts";
import {
  covers,
  groupId,
  resourceId,
  sameId,
  subscriptionOf,
} from "../azure-native/resource-ids.ts";
import { PUBLIC_IP, ROLE_ASSIGNMENT } from "../azure-native/rules.ts";
import { isDoks } from "../digitalocean/clusters.ts";
import { annotation, inCluster, isLoadBalancer, portsOf } from "./objects.ts";
import { SERVICE } from "./service-rules.ts";

const AZURE = "kubernetes-sigs/cloud-provider-azure pkg/provider/azure_loadbalancer.go";
const PREFIX = "service.beta.kubernetes.io";
/** Rules that one network interface can take part in. */
const MAX_RULES_PER_NIC = 300;

const sync = { stage: "sync", severity: "refuse" } as const;

/** The cluster that the scope `group/name` stands for; none for a cluster that is not on Azure. */
export function clusterOf(world: World, scope: string): Cluster | undefined {
  const [group = "", name] = scope.split("/");
  return name === undefined ? undefined : findCluster(world, group, name);
}

/** The annotations of a Service that name its public address, resolved; none without `azure-pip-name`. */
export function namedAddress(
  inputs: Properties,
  scope: string,
  world: World,
): { readonly name: string; readonly group: string; readonly id: string } | undefined {
  const name = annotation(inputs, `${PREFIX}/azure-pip-name`);
  if (name === undefined || !isLoadBalancer(inputs) || isDoks(scope)) {
    return undefined;
  }
  const group =
    annotation(inputs, `${PREFIX}/azure-load-balancer-resource-group`) ??
    clusterOf(world, scope)?.nodeResourceGroup ??
    "";
  const type = "Microsoft.Network/publicIPAddresses";
  return { name, group, id: resourceId(subscriptionOf(world), group, type, name) };
}

function findAddress(world: World, id: string): CloudObject | undefined {
  return objectsOf(world, "azure-native", PUBLIC_IP).find((object) => sameId(object.id, id));
}

export const addressExists: Rule = {
  ...sync,
  id: "aks-pip-exists",
  basis: "read",
  says: "The address that azure-pip-name names has to exist in the group of azure-load-balancer-resource-group, by default the nodes' group.",
  source: `${AZURE}, ensurePublicIPExists`,
  broken: ({ inputs, scope, world }) => {
    const address = namedAddress(inputs, scope, world);
    return address !== undefined && findAddress(world, address.id) === undefined
      ? `SyncLoadBalancerFailed: PublicIP from annotation azure-pip-name=${address.name} for service ${serviceKey(inputs)} doesn't exist (resource group ${address.group})`
      : undefined;
  },
};

/** Built-in roles that hold no right to join a public address. Reader, and Reader and Data Access. */
const WEAK_ROLES = ["acdd72a7-3385-48ef-bd42-f606fba81ae7", "c12c1c16-33a1-487b-954d-41c89c60f349"];

export const identityMayJoin: Rule = {
  ...sync,
  id: "aks-identity-role",
  basis: "read",
  says: "The cluster's identity needs a role such as Network Contributor on the group of the address, unless that is the nodes' group.",
  source: "https://learn.microsoft.com/azure/aks/static-ip#before-you-begin",
  broken: ({ inputs, scope, world }) => {
    const roles = neededRoles(inputs, scope, world);
    return roles?.length === 0 ? mayNotRead(inputs, scope, world) : undefined;
  },
};

/** Roles by which the controller may use the address that a Service names; `undefined` if it needs none. */
function neededRoles(
  inputs: Properties,
  scope: string,
  world: World,
): readonly CloudObject[] | undefined {
  const address = namedAddress(inputs, scope, world);
  const cluster = clusterOf(world, scope);
  if (address === undefined || sameId(address.group, cluster?.nodeResourceGroup ?? "")) {
    return undefined;
  }
  return objectsOf(world, "azure-native", ROLE_ASSIGNMENT).filter(
    ({ inputs: role }) =>
      covers(String(role.scope), address.id) &&
      (cluster === undefined || sameId(String(role.principalId), cluster.principalId)) &&
      !WEAK_ROLES.some((weak) => String(role.roleDefinitionId).toLowerCase().endsWith(weak)),
  );
}

function mayNotRead(inputs: Properties, scope: string, world: World): string {
  const principal = clusterOf(world, scope)?.principalId ?? "of the cluster";
  const group = groupId(subscriptionOf(world), namedAddress(inputs, scope, world)?.group ?? "");
  return `SyncLoadBalancerFailed: Code="AuthorizationFailed" Message="The client '${principal}' does not have authorization to perform action 'Microsoft.Network/publicIPAddresses/read' over scope '${group}'."`;
}

/** Seconds that the provider waits for a Service's address; the controller tries again all the while. */
const SERVICE_AWAIT = 600;

export const roleSpreads = delay({
  id: "aks-role-spreads",
  late: "azure-role",
  basis: "read",
  stage: "sync",
  patience: SERVICE_AWAIT,
  says: "A role takes up to 10 minutes to take effect, on a cluster up to an hour: the controller tries again until then, and the provider waits 10 minutes for it.",
  source:
    "MicrosoftDocs/azure-aks-docs articles/aks/system-assigned-managed-identity.md; pulumi/pulumi-kubernetes provider/pkg/await/service.go DefaultServiceTimeoutMins",
  needs: ({ inputs, scope, world }) => neededRoles(inputs, scope, world) ?? [],
  answer: ({ inputs, scope, world }) => mayNotRead(inputs, scope, world),
});

export const portsDoNotClash: Rule = {
  ...sync,
  id: "aks-shared-address-ports",
  basis: "read",
  says: "Services may share an address as long as no port and protocol is in two of them.",
  source:
    "https://learn.microsoft.com/azure/aks/static-ip (one frontend, several Services); Azure load balancer rules are unique by frontend, port and protocol",
  broken: (subject) => {
    const mine = new Set(frontends(subject.inputs));
    const clash = sharing(subject).flatMap((other) =>
      frontends(other.inputs)
        .filter((frontend) => mine.has(frontend))
        .map((frontend) => ({ other: other.id, frontend })),
    )[0];
    return clash === undefined
      ? undefined
      : `SyncLoadBalancerFailed: Code="RulesUseSameFrontendPortProtocolAndIPConfig" Message="Load balancing rules use the same frontend port and protocol ${clash.frontend}; ${clash.other} has it already."`;
  },
};

const frontends = (inputs: Properties): string[] =>
  portsOf(inputs).map(({ port, protocol }) => `${port}/${protocol}`);

function sharing({ inputs, scope, world, id }: RuleSubject): readonly CloudObject[] {
  const address = namedAddress(inputs, scope, world);
  return inCluster(world, scope, SERVICE).filter(
    (other) =>
      other.id !== id &&
      address !== undefined &&
      other.uses?.some((used) => sameId(used, address.id)) === true,
  );
}

export const rulesPerInterface: Rule = {
  ...sync,
  id: "aks-rules-per-nic",
  basis: "read",
  says: `A network interface takes part in ${MAX_RULES_PER_NIC} rules: ports x protocols x IP families of all LoadBalancer Services.`,
  source:
    "https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits#load-balancer",
  broken: ({ inputs, scope, world, id }) => {
    if (!isLoadBalancer(inputs) || isDoks(scope)) {
      return undefined;
    }
    const others = inCluster(world, scope, SERVICE).filter(
      (other) => other.id !== id && isLoadBalancer(other.inputs),
    );
    const total = [inputs, ...others.map((other) => other.inputs)].reduce(
      (sum, service) => sum + ruleCount(service),
      0,
    );
    return total > MAX_RULES_PER_NIC
      ? `SyncLoadBalancerFailed: Code="LoadBalancerRuleCountLimitReached" Message="${total} load balancing rules are above the limit of ${MAX_RULES_PER_NIC} rules per network interface."`
      : undefined;
  },
};

const ruleCount = (service: Properties): number =>
  portsOf(service).length * Math.max(1, listOf(valueAt(service, "spec.ipFamilies")).length);

export const clusterPolicyHasNoProbe: Rule = {
  id: "aks-udp-cluster-no-probe",
  basis: "read",
  stage: "check",
  severity: "warn",
  says: "A UDP port under externalTrafficPolicy Cluster gets no health probe: dead nodes keep getting packets.",
  source:
    "kubernetes-sigs/cloud-provider-azure pkg/provider/azure_loadbalancer_healthprobe.go, buildHealthProbeRulesForPort",
  broken: ({ inputs, scope }) => {
    const udp = portsOf(inputs).some(({ protocol }) => protocol === "UDP");
    const policy = valueAt(inputs, "spec.externalTrafficPolicy") ?? "Cluster";
    // A Service with a class is somebody else's: the cloud controller passes it over.
    const own = valueAt(inputs, "spec.loadBalancerClass") === undefined;
    return isLoadBalancer(inputs) && own && udp && policy === "Cluster" && !isDoks(scope)
      ? "UDP ports with externalTrafficPolicy Cluster get no health probe on Azure: dead nodes keep getting packets"
      : undefined;
  },
};

/** What the controller puts into `status.loadBalancer.ingress`, stable for the life of the Service. */
export function ingressAddress(
  inputs: Properties,
  scope: string,
  id: string,
  world: World,
  previous: Properties | undefined,
): string | undefined {
  const address = namedAddress(inputs, scope, world);
  if (address !== undefined) {
    return textOf(findAddress(world, address.id)?.outputs.ipAddress);
  }
  return (
    textOf(valueAt(previous, "status.loadBalancer.ingress[0].ip")) ??
    publicAddress("IPv4", addressesIn(world), scope, id, hex(8, scope, id), world.serial)
  );
}

function serviceKey(inputs: Properties): string {
  return `${valueAt(inputs, "metadata.namespace") ?? "default"}/${valueAt(inputs, "metadata.name")}`;
}

export const azureServiceRules: readonly Rule[] = [
  clusterPolicyHasNoProbe,
  addressExists,
  identityMayJoin,
  roleSpreads,
  portsDoNotClash,
  rulesPerInterface,
];
