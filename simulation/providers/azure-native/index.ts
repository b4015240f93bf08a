import type { SimulatedCloud } from "../simulated-cloud.ts";
import { functions } from "./functions.ts";
import { models } from "./models.ts";
import { PUBLIC_IP, RESOURCE_GROUP, ROLE_ASSIGNMENT } from "./rules.ts";

/** Azure: resource groups, public addresses, role assignments, and look-ups of AKS clusters. */
export const azureNative: SimulatedCloud = {
  name: "azure-native",
  sdk: "@pulumi/azure-native",
  resources: [
    { type: RESOURCE_GROUP, file: "resources/resourceGroup", args: "ResourceGroupArgs" },
    { type: PUBLIC_IP, file: "network/publicIPAddress", args: "PublicIPAddressArgs" },
    { type: ROLE_ASSIGNMENT, file: "authorization/roleAssignment", args: "RoleAssignmentArgs" },
  ],
  models,
  functions,
};
