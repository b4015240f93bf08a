import { uuid } from "../../cloud/identifiers.ts";
import type { ResourceModel } from "../../cloud/model.ts";
import { listOf, mapOf, textOf } from "../../cloud/paths.ts";
import type { CloudObject, World } from "../../cloud/world.ts";
import { autonamed, autonaming } from "./autoname.ts";
import { createdCluster } from "./clusters.ts";
import * as clusters from "./managed-cluster-rules.ts";
import * as networks from "./network-rules.ts";
import { CLOUD, covers, groupId, resourceId, subscriptionOf, tenantOf } from "./resource-ids.ts";
import * as rules from "./rules.ts";
import { USER_IDENTITY } from "./rules.ts";
import { inSubscription, withLocation } from "./subscription.ts";

/** A model of something with a name in a resource group. */
function inGroup(
  type: string,
  armType: string,
  nameProperty: string,
  parts: Pick<ResourceModel, "rules" | "immutable" | "computed" | "facts"> & {
    outputs: ResourceModel["outputs"];
  } & Partial<ResourceModel>,
): ResourceModel {
  return {
    ...inSubscription,
    type,
    defaults: (request, config) => withLocation(autonamed(request, nameProperty), config),
    id: (inputs, subscription) =>
      resourceId(
        subscription,
        String(inputs.resourceGroupName),
        armType,
        String(inputs[nameProperty]),
      ),
    ...parts,
    rules: [rules.alreadyExists, rules.groupExists, ...parts.rules],
    facts: [autonaming, ...parts.facts],
    computed: ["name", "type", "azureApiVersion", ...parts.computed],
    outputs: (request) => {
      const { resourceGroupName: _group, [nameProperty]: name, ...rest } = request.inputs;
      return { ...rest, name: String(name), type: armType, ...parts.outputs(request) };
    },
  };
}

export const userIdentity: ResourceModel = inGroup(
  USER_IDENTITY,
  "Microsoft.ManagedIdentity/userAssignedIdentities",
  "resourceName",
  {
    rules: [],
    facts: [networks.networkImmutable],
    immutable: () => networks.networkImmutable.paths,
    computed: ["principalId", "clientId", "tenantId"],
    outputs: ({ id, world, previous }) => ({
      principalId: previous?.principalId ?? uuid("principal", id, world.serial),
      clientId: previous?.clientId ?? uuid("client", id, world.serial),
      tenantId: tenantOf(world),
    }),
  },
);

export const virtualNetwork: ResourceModel = inGroup(
  networks.VIRTUAL_NETWORK,
  "Microsoft.Network/virtualNetworks",
  "virtualNetworkName",
  {
    rules: [],
    facts: [networks.networkImmutable],
    immutable: () => networks.networkImmutable.paths,
    computed: ["provisioningState", "resourceGuid"],
    outputs: ({ id }) => ({ provisioningState: "Succeeded", resourceGuid: uuid("guid", id) }),
  },
);

export const subnet: ResourceModel = {
  ...inGroup(networks.SUBNET, "Microsoft.Network/virtualNetworks/subnets", "subnetName", {
    rules: [networks.subnetInNetwork, networks.subnetInUse],
    facts: [networks.networkImmutable],
    immutable: () => networks.networkImmutable.paths,
    computed: ["provisioningState"],
    outputs: () => ({ provisioningState: "Succeeded" }),
  }),
  defaults: (request) => autonamed(request, "subnetName"),
  id: ({ resourceGroupName, virtualNetworkName, subnetName }, subscription) =>
    resourceId(
      subscription,
      String(resourceGroupName),
      "Microsoft.Network/virtualNetworks",
      `${virtualNetworkName}/subnets/${subnetName}`,
    ),
};

export const managedCluster: ResourceModel = inGroup(
  clusters.MANAGED_CLUSTER,
  "Microsoft.ContainerService/managedClusters",
  "resourceName",
  {
    rules: [
      clusters.ciliumNeedsOverlay,
      clusters.identityExists,
      clusters.systemPool,
      clusters.poolName,
      clusters.receiveBuffer,
      clusters.clusterFixed,
      clusters.subnetRights,
      clusters.roleSpreads,
    ],
    facts: [clusters.clusterImmutable],
    immutable: () => clusters.clusterImmutable.paths,
    computed: ["fqdn", "currentKubernetesVersion", "provisioningState", "identityProfile"],
    outputs: ({ inputs, id, world }) => {
      const cluster = createdCluster(world, { id, inputs });
      return {
        nodeResourceGroup: cluster.nodeResourceGroup,
        fqdn: cluster.fqdn,
        currentKubernetesVersion: textOf(inputs.kubernetesVersion) ?? "1.34",
        identity: { ...mapOf(inputs.identity), principalId: "" },
        provisioningState: "Succeeded",
      };
    },
    uses: (inputs) =>
      listOf(inputs.agentPoolProfiles).flatMap((pool) => textOf(mapOf(pool).vnetSubnetID) ?? []),
    cascade: withNodesAndObjects,
  },
);

/** With a cluster goes its nodes' group with all that is in it, and what runs in the cluster. */
function withNodesAndObjects(cluster: CloudObject, world: World): readonly CloudObject[] {
  const { nodeResourceGroup, resourceGroup, name } = createdCluster(world, cluster);
  const nodes = groupId(subscriptionOf(world), nodeResourceGroup);
  return world.objects.filter(
    (object) =>
      (object.cloud === CLOUD && covers(nodes, object.id)) ||
      (object.cloud === "kubernetes" && object.scope === `${resourceGroup}/${name}`),
  );
}

export const clusterModels: readonly ResourceModel[] = [
  userIdentity,
  virtualNetwork,
  subnet,
  managedCluster,
];
