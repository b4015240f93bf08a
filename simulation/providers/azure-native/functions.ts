import type { Properties } from "../../../components/provider/index.ts";
import { uuid } from "../../cloud/identifiers.ts";
import type { CloudFunction } from "../../cloud/provider.ts";
import { objectsOf, type World } from "../../cloud/world.ts";
import { type Cluster, findCluster, findGroup, kubeconfigOf } from "./clusters.ts";
import { CLOUD, groupId, resourceId, sameId, subscriptionOf, tenantOf } from "./resource-ids.ts";
import { PUBLIC_IP } from "./rules.ts";

function clusterOr404(args: Properties, world: World): Cluster {
  const group = String(args.resourceGroupName);
  const name = String(args.resourceName);
  const cluster = findCluster(world, group, name);
  if (cluster === undefined) {
    throw new Error(
      `Code="ResourceNotFound" Message="The Resource 'Microsoft.ContainerService/managedClusters/${name}' under resource group '${group}' was not found."`,
    );
  }
  return cluster;
}

const clusterId = (world: World, cluster: Cluster): string =>
  resourceId(
    subscriptionOf(world),
    cluster.resourceGroup,
    "Microsoft.ContainerService/managedClusters",
    cluster.name,
  );

const getManagedCluster: CloudFunction = (args, world) => {
  const cluster = clusterOr404(args, world);
  const userIdentity = resourceId(
    subscriptionOf(world),
    cluster.resourceGroup,
    "Microsoft.ManagedIdentity/userAssignedIdentities",
    `${cluster.name}-identity`,
  );
  const identities = {
    None: { type: "None" },
    SystemAssigned: {
      type: "SystemAssigned",
      principalId: cluster.principalId,
      tenantId: tenantOf(world),
    },
    UserAssigned: {
      type: "UserAssigned",
      userAssignedIdentities: {
        [userIdentity]: {
          principalId: cluster.principalId,
          clientId: uuid("client", cluster.principalId),
        },
      },
    },
  };
  return {
    id: clusterId(world, cluster),
    name: cluster.name,
    type: "Microsoft.ContainerService/ManagedClusters",
    location: cluster.location,
    identity: identities[cluster.identity],
    identityProfile: {
      kubeletidentity: {
        objectId: uuid("kubelet", cluster.principalId),
        clientId: uuid("kubelet-client", cluster.principalId),
        resourceId: resourceId(
          subscriptionOf(world),
          cluster.nodeResourceGroup,
          "Microsoft.ManagedIdentity/userAssignedIdentities",
          `${cluster.name}-agentpool`,
        ),
      },
    },
    nodeResourceGroup: cluster.nodeResourceGroup,
    fqdn: cluster.fqdn,
    kubernetesVersion: "1.34",
    currentKubernetesVersion: "1.34.4",
    networkProfile: {
      loadBalancerSku: "standard",
      outboundType: "loadBalancer",
      ipFamilies: ["IPv4"],
    },
    provisioningState: "Succeeded",
    powerState: { code: "Running" },
  };
};

const listManagedClusterUserCredentials: CloudFunction = (args, world) => ({
  kubeconfigs: [
    {
      name: "clusterUser",
      value: Buffer.from(kubeconfigOf(clusterOr404(args, world))).toString("base64"),
    },
  ],
});

const getClientConfig: CloudFunction = (_args, world) => ({
  clientId: uuid("client", subscriptionOf(world)),
  objectId: uuid("caller", subscriptionOf(world)),
  subscriptionId: subscriptionOf(world),
  tenantId: tenantOf(world),
});

const getPublicIPAddress: CloudFunction = (args, world) => {
  const group = String(args.resourceGroupName);
  const name = String(args.publicIpAddressName);
  const id = resourceId(subscriptionOf(world), group, "Microsoft.Network/publicIPAddresses", name);
  const found = objectsOf(world, CLOUD, PUBLIC_IP).find((object) => sameId(object.id, id));
  if (found === undefined) {
    throw new Error(
      `Code="ResourceNotFound" Message="The Resource 'Microsoft.Network/publicIPAddresses/${name}' under resource group '${group}' was not found."`,
    );
  }
  return { ...found.outputs, id };
};

const getResourceGroup: CloudFunction = (args, world) => {
  const name = String(args.resourceGroupName);
  const found = findGroup(world, name);
  if (found === undefined) {
    throw new Error(
      `Code="ResourceGroupNotFound" Message="Resource group '${name}' could not be found."`,
    );
  }
  return { id: groupId(subscriptionOf(world), name), name, location: found.location };
};

export const functions: Readonly<Record<string, CloudFunction>> = {
  "azure-native:authorization:getClientConfig": getClientConfig,
  "azure-native:containerservice:getManagedCluster": getManagedCluster,
  "azure-native:containerservice:listManagedClusterUserCredentials":
    listManagedClusterUserCredentials,
  "azure-native:network:getPublicIPAddress": getPublicIPAddress,
  "azure-native:resources:getResourceGroup": getResourceGroup,
};
