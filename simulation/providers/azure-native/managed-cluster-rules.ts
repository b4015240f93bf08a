import {
  type CheckFailure,
  type Properties,
  sameValue,
} from "../../../components/provider/index.ts";
import { delay } from "../../cloud/delay.ts";
import type { ImmutableFact } from "../../cloud/fact.ts";
import { listOf, mapOf, textOf, valueAt } from "../../cloud/paths.ts";
import type { Rule, RuleSubject } from "../../cloud/rule.ts";
import { objectsOf, type World } from "../../cloud/world.ts";
import { CLOUD, sameId } from "./resource-ids.ts";
import { RBAC, RETRIES, rolesOn } from "./role-rules.ts";
import { USER_IDENTITY } from "./rules.ts";

export const MANAGED_CLUSTER = "azure-native:containerservice:ManagedCluster";

const LEARN = "https://learn.microsoft.com/azure/aks";
const poolsOf = (inputs: Properties): readonly Properties[] =>
  listOf(inputs.agentPoolProfiles).map(mapOf);

/** Object id of the user-assigned identity that a cluster acts as; empty without one. */
export function userPrincipal(world: World, inputs: Properties): string {
  const [asked] = listOf(valueAt(inputs, "identity.userAssignedIdentities"));
  const identity = objectsOf(world, CLOUD, USER_IDENTITY).find(({ id }) =>
    sameId(id, String(asked)),
  );
  return textOf(identity?.outputs.principalId) ?? "";
}

export const identityExists: Rule = {
  id: "azure-aks-identity-exists",
  basis: "recalled",
  stage: "write",
  severity: "refuse",
  says: "A user-assigned identity of a cluster exists before it.",
  source: `${LEARN}/use-managed-identity#enable-a-user-assigned-managed-identity`,
  broken: ({ inputs, world }) =>
    valueAt(inputs, "identity.type") === "UserAssigned" && userPrincipal(world, inputs) === ""
      ? `Code="InvalidUserAssignedIdentity" Message="The user-assigned identity ${listOf(valueAt(inputs, "identity.userAssignedIdentities"))[0] ?? ""} was not found."`
      : undefined,
};

export const systemPool: Rule = {
  id: "azure-aks-system-pool",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A cluster has one node pool of mode System at least.",
  source: `${LEARN}/use-system-pools`,
  broken: ({ inputs }) =>
    poolsOf(inputs).some(({ mode }) => mode === "System")
      ? undefined
      : 'Code="InvalidParameter" Message="Must define at least one system agent pool."',
};

const POOL_NAME = /^[a-z][a-z0-9]{0,11}$/;

export const poolName: Rule = {
  id: "azure-aks-pool-name",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A Linux pool's name is 1 to 12 lower-case letters and digits, a letter first.",
  source: `${LEARN}/create-node-pools#limitations`,
  broken: ({ inputs }) => {
    const wrong = poolsOf(inputs).find(({ name }) => !POOL_NAME.test(String(name)));
    return (
      wrong && `Code="InvalidParameter" Message="The agent pool name '${wrong.name}' is invalid."`
    );
  },
};

/** Bytes; the same for `net.core.rmem_default`. */
const RECEIVE_BUFFER = { min: 212_992, max: 134_217_728 };

export const receiveBuffer: Rule = {
  id: "azure-aks-receive-buffer",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: `netCoreRmemDefault and netCoreRmemMax are ${RECEIVE_BUFFER.min} to ${RECEIVE_BUFFER.max} bytes.`,
  source:
    "MicrosoftDocs/azure-aks-docs articles/aks/custom-node-configuration-reference.md net.core.rmem_max; node-auto-provisioning-aksnodeclass.md netCoreRmemDefault",
  broken: ({ inputs }): string | undefined => {
    for (const { name, linuxOSConfig } of poolsOf(inputs)) {
      for (const key of ["netCoreRmemDefault", "netCoreRmemMax"]) {
        const bytes = valueAt(mapOf(linuxOSConfig), `sysctls.${key}`);
        if (
          typeof bytes === "number" &&
          (bytes < RECEIVE_BUFFER.min || bytes > RECEIVE_BUFFER.max)
        ) {
          return `Code="CustomLinuxOSConfigInvalid" Message="${key} ${bytes} of agent pool ${name} is out of range."`;
        }
      }
    }
    return undefined;
  },
};

const old = ({ world, id, exists }: RuleSubject): Properties | undefined =>
  exists ? world.objects.find((object) => sameId(object.id, id))?.inputs : undefined;

const FIXED = [
  "dnsPrefix",
  "nodeResourceGroup",
  "networkProfile.networkPlugin",
  "networkProfile.podCidr",
  "networkProfile.loadBalancerSku",
] as const;
const POOL_FIXED = ["linuxOSConfig", "vnetSubnetID", "vmSize", "availabilityZones"] as const;

/** What an update cannot change. The provider does try: the API is what refuses. */
export const clusterFixed: Rule = {
  id: "azure-aks-fixed",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "DNS prefix, network plugin and nodes' group of a cluster, and system settings, subnet, size and zones of a pool are fixed: the update is refused, nothing is replaced.",
  source: `https://github.com/kubernetes/autoscaler/issues/1051 (PropertyChangeNotAllowed); ${LEARN}/manage-node-pools#limitations; ${LEARN}/custom-node-configuration`,
  broken: (subject) => {
    const before = old(subject);
    if (before === undefined) {
      return undefined;
    }
    const named = new Map(poolsOf(before).map((pool) => [pool.name, pool]));
    const changed =
      FIXED.find((path) => !sameValue(valueAt(before, path), valueAt(subject.inputs, path))) ??
      poolsOf(subject.inputs).flatMap((pool) => {
        const known = named.get(pool.name);
        const path = POOL_FIXED.find((one) => !sameValue(known?.[one], pool[one]));
        return known === undefined || path === undefined ? [] : [`agentPoolProfile.${path}`];
      })[0];
    return changed === undefined
      ? undefined
      : `Code="PropertyChangeNotAllowed" Message="Changing property '${changed}' is not allowed." Target="${changed}"`;
  },
};

export const ciliumNeedsOverlay: Rule = {
  id: "azure-aks-cilium",
  basis: "recalled",
  stage: "check",
  severity: "refuse",
  says: "The data plane cilium goes with the plugin azure and the network policy cilium, overlay with the plugin azure.",
  source: `${LEARN}/azure-cni-powered-by-cilium`,
  broken: ({ inputs }): CheckFailure | undefined => {
    const { networkDataplane, networkPlugin, networkPluginMode, networkPolicy } = mapOf(
      inputs.networkProfile,
    );
    if (networkPluginMode === "overlay" && networkPlugin !== "azure") {
      return {
        property: "networkProfile.networkPluginMode",
        reason: "overlay requires networkPlugin azure",
      };
    }
    const fits = networkPlugin === "azure" && networkPolicy === "cilium";
    return networkDataplane === "cilium" && !fits
      ? {
          property: "networkProfile.networkDataplane",
          reason: "cilium requires networkPlugin azure and networkPolicy cilium",
        }
      : undefined;
  },
};

/** The subnet of one's own that a cluster's nodes join, if any. */
const joinedSubnet = (inputs: Properties): string | undefined =>
  poolsOf(inputs).flatMap(({ vnetSubnetID }) => textOf(vnetSubnetID) ?? [])[0];

const joinRefused = (principal: string, subnet: string): string =>
  `Code="LinkedAuthorizationFailed" Message="The identity '${principal}' does not have permission to perform action 'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked scope '${subnet}'."`;

export const subnetRights: Rule = {
  id: "azure-aks-subnet-rights",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "In a network of one's own the cluster's identity needs a role such as Network Contributor on the subnet before the cluster is made.",
  source: `MicrosoftDocs/azure-docs#69777 (LinkedAuthorizationFailed); ${LEARN}/configure-azure-cni-dynamic-ip-allocation; ${LEARN}/use-managed-identity`,
  broken: ({ inputs, world }) => {
    const subnet = joinedSubnet(inputs);
    const principal = userPrincipal(world, inputs);
    return subnet === undefined || principal === "" || rolesOn(world, subnet, principal).length > 0
      ? undefined
      : joinRefused(principal, subnet);
  },
};

export const roleSpreads = delay({
  id: "azure-aks-role-spreads",
  late: "azure-role",
  basis: "read",
  stage: "write",
  patience: 0,
  says: "A role takes up to 10 minutes to take effect: a cluster that joins a subnet is refused until then, and the provider does not ask again.",
  source: `${RBAC}#symptom---role-assignment-changes-are-not-being-detected; ${RETRIES}`,
  needs: ({ inputs, world }) => {
    const subnet = joinedSubnet(inputs);
    return subnet === undefined ? [] : rolesOn(world, subnet, userPrincipal(world, inputs));
  },
  answer: ({ inputs, world }) =>
    joinRefused(userPrincipal(world, inputs), joinedSubnet(inputs) ?? ""),
});

export const clusterImmutable: ImmutableFact = {
  id: "azure-aks-immutable",
  basis: "read",
  says: "A change of name, group or location replaces a cluster.",
  source:
    "Azure/azure-rest-api-specs containerservice managedClusters.json (path parameters; x-ms-mutability of location)",
  paths: ["resourceName", "resourceGroupName", "location"],
};
