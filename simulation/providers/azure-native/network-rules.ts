import { containsCidr } from "cidr-tools";
import type { ImmutableFact } from "../../cloud/fact.ts";
import { listOf, textOf, valueAt } from "../../cloud/paths.ts";
import type { Rule } from "../../cloud/rule.ts";
import { objectsOf } from "../../cloud/world.ts";
import { CLOUD, resourceId, sameId, subscriptionOf } from "./resource-ids.ts";

export const VIRTUAL_NETWORK = "azure-native:network:VirtualNetwork";
export const SUBNET = "azure-native:network:Subnet";

export const subnetInNetwork: Rule = {
  id: "azure-subnet-network",
  basis: "recalled",
  stage: "write",
  severity: "refuse",
  says: "A subnet's network exists, and holds the subnet's addresses.",
  source:
    "https://learn.microsoft.com/azure/virtual-network/virtual-network-manage-subnet (NetcfgSubnetRangeOutsideVnet)",
  broken: ({ inputs, world }) => {
    const id = resourceId(
      subscriptionOf(world),
      String(inputs.resourceGroupName),
      "Microsoft.Network/virtualNetworks",
      String(inputs.virtualNetworkName),
    );
    const network = objectsOf(world, CLOUD, VIRTUAL_NETWORK).find((one) => sameId(one.id, id));
    if (network === undefined) {
      return `Code="ResourceNotFound" Message="The Resource '${id}' was not found."`;
    }
    const space = listOf(valueAt(network.inputs, "addressSpace.addressPrefixes")).map(String);
    const wanted = textOf(inputs.addressPrefix);
    return wanted !== undefined && !containsCidr(space, wanted)
      ? `Code="NetcfgSubnetRangeOutsideVnet" Message="Subnet '${inputs.subnetName}' is not valid because its IP address range is outside the IP address range of virtual network '${inputs.virtualNetworkName}'."`
      : undefined;
  },
};

export const subnetInUse: Rule = {
  id: "azure-subnet-in-use",
  basis: "recalled",
  stage: "delete",
  severity: "refuse",
  says: "A subnet cannot be deleted while something is in it.",
  source:
    "https://learn.microsoft.com/azure/virtual-network/virtual-network-manage-subnet#delete-a-subnet (InUseSubnetCannotBeDeleted)",
  broken: ({ id, world }) => {
    const user = world.objects.find((object) => object.uses?.some((used) => sameId(used, id)));
    return user === undefined
      ? undefined
      : `Code="InUseSubnetCannotBeDeleted" Message="Subnet ${id} is in use by ${user.id} and cannot be deleted."`;
  },
};

export const networkImmutable: ImmutableFact = {
  id: "azure-network-immutable",
  basis: "recalled",
  says: "A change of name, group or location replaces a virtual network, a subnet or an identity.",
  source:
    "Azure/azure-rest-api-specs network virtualNetwork.json, msi ManagedIdentity.json (path parameters; x-ms-mutability of location)",
  paths: ["virtualNetworkName", "subnetName", "resourceName", "resourceGroupName", "location"],
};
