import type { SimulatedCloud } from "../simulated-cloud.ts";
import { functions } from "./functions.ts";
import { MANAGED_CLUSTER } from "./managed-cluster-rules.ts";
import { models } from "./models.ts";
import { SUBNET, VIRTUAL_NETWORK } from "./network-rules.ts";
import { PUBLIC_IP, RESOURCE_GROUP, ROLE_ASSIGNMENT, USER_IDENTITY } from "./rules.ts";

/** Azure: groups, addresses, roles, networks, identities and AKS clusters, made or looked up. */
export const azureNative: SimulatedCloud = {
  name: "azure-native",
  sdk: "@pulumi/azure-native",
  throttling: {
    id: "azure-throttling",
    basis: "read",
    says: "A throttled call is made again 3 times, after Retry-After or 20 to 120 seconds, and fails then.",
    source:
      "pulumi/pulumi-azure-native provider/pkg/azure/client_azcore.go (Retry); Azure/azure-sdk-for-go sdk/azcore/runtime/policy_retry.go defaultMaxRetries",
    retries: 3,
  },
  resources: [
    { type: RESOURCE_GROUP, file: "resources/resourceGroup", args: "ResourceGroupArgs" },
    { type: PUBLIC_IP, file: "network/publicIPAddress", args: "PublicIPAddressArgs" },
    { type: ROLE_ASSIGNMENT, file: "authorization/roleAssignment", args: "RoleAssignmentArgs" },
    {
      type: USER_IDENTITY,
      file: "managedidentity/userAssignedIdentity",
      args: "UserAssignedIdentityArgs",
    },
    { type: VIRTUAL_NETWORK, file: "network/virtualNetwork", args: "VirtualNetworkArgs" },
    { type: SUBNET, file: "network/subnet", args: "SubnetArgs" },
    { type: MANAGED_CLUSTER, file: "containerservice/managedCluster", args: "ManagedClusterArgs" },
  ],
  models,
  functions,
};
