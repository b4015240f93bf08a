import { newWorld } from "../../cloud/world.ts";
import { aksClusterCases } from "../../testing/aks-cluster-cases.ts";
import { existing, testRules } from "../../testing/rule-cases.ts";
import { findCluster } from "./clusters.ts";
import { models } from "./models.ts";
import { PUBLIC_IP, RESOURCE_GROUP, ROLE_ASSIGNMENT, USER_IDENTITY } from "./rules.ts";

const SUBSCRIPTION = "/subscriptions/00000000-0000-4000-8000-000000000001";
const GROUP = `${SUBSCRIPTION}/resourceGroups/edge`;
const ADDRESS = `${GROUP}/providers/Microsoft.Network/publicIPAddresses/ip`;
const ROLE = `${GROUP}/providers/Microsoft.Authorization/roleAssignments/1`;
const DEFINITION = `${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7`;
const PRINCIPAL = "a45ad7f8-03b6-4415-88b8-efa6e9c66b01";

const group = existing({
  cloud: "azure-native",
  type: RESOURCE_GROUP,
  id: GROUP,
  inputs: { location: "westeurope" },
});
const address = existing({
  cloud: "azure-native",
  type: PUBLIC_IP,
  id: ADDRESS,
  inputs: {
    resourceGroupName: "edge",
    sku: { name: "Standard" },
    zones: ["1"],
    publicIPAddressVersion: "IPv4",
    dnsSettings: { domainNameLabel: "audio" },
  },
});
const service = existing({
  cloud: "kubernetes",
  type: "kubernetes:core/v1:Service",
  id: "default/lb",
  uses: [ADDRESS.toUpperCase()],
});
const grant = { principalId: PRINCIPAL, roleDefinitionId: DEFINITION, scope: GROUP };
const seededClusters = {
  clusters: [{ name: "aks", resourceGroup: "prod", principalId: PRINCIPAL }],
};
const nodeGroup = findCluster(newWorld(seededClusters), "prod", "aks")?.nodeResourceGroup ?? "";

const IDENTITY_ID = "11111111-1111-4111-8111-111111111111";
const newIdentity = existing({
  cloud: "azure-native",
  type: USER_IDENTITY,
  id: `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/new`,
  outputs: { principalId: IDENTITY_ID },
  born: 0,
});

testRules(models, {
  "azure-already-exists": {
    broken: [
      {
        id: GROUP.toUpperCase(),
        objects: [group],
        says: /cannot create already existing resource/,
      },
    ],
    fine: [
      { id: GROUP, exists: true, objects: [group] },
      { id: `${GROUP}2`, objects: [group] },
    ],
  },
  "azure-pip-quota": {
    broken: [
      {
        seed: { quotas: { "azure-pip-quota": 1 } },
        inputs: { resourceGroupName: "edge" },
        objects: [group, address],
        says: /PublicIPCountLimitReached.*more than 1 /,
      },
      {
        inputs: { resourceGroupName: "edge" },
        objects: [group, ...Array.from({ length: 10 }, (_, n) => ({ ...address, id: `${n}` }))],
        says: /more than 10 /,
      },
    ],
    fine: [
      {
        inputs: { resourceGroupName: "edge" },
        objects: [group, ...Array.from({ length: 9 }, (_, n) => ({ ...address, id: `${n}` }))],
      },
      {
        seed: { quotas: { "azure-pip-quota": 1 } },
        inputs: { resourceGroupName: "edge", location: "northeurope" },
        objects: [group, address],
      },
    ],
  },
  "azure-group-location-required": {
    broken: [{ says: /^location: missing required property/ }],
    fine: [{ inputs: { location: "westeurope" } }],
  },
  "azure-group-exists": {
    broken: [{ inputs: { resourceGroupName: "edge" }, says: /ResourceGroupNotFound.*'edge'/ }],
    fine: [
      { inputs: { resourceGroupName: "EDGE" }, objects: [group] },
      { inputs: { resourceGroupName: "shared" }, seed: { resourceGroups: ["shared"] } },
      { inputs: { resourceGroupName: nodeGroup }, seed: seededClusters },
    ],
  },
  "azure-group-delete-blocked": {
    broken: [
      {
        id: GROUP,
        exists: true,
        objects: [group, address, service],
        says: /ResourceGroupDeletionBlocked.*default\/lb/,
      },
    ],
    fine: [
      { id: GROUP, exists: true, objects: [group, address] },
      { id: `${GROUP}-2`, exists: true, objects: [address, service] },
    ],
  },
  "azure-pip-standard-static": {
    broken: [
      { inputs: { sku: { name: "Standard" } }, says: /AllocationMethod set to Static/ },
      {
        inputs: { sku: { name: "Standard" }, publicIPAllocationMethod: "Dynamic" },
        says: /Static/,
      },
    ],
    fine: [{ inputs: { sku: { name: "Standard" }, publicIPAllocationMethod: "Static" } }],
  },
  "azure-pip-basic-retired": {
    broken: [{ says: /Basic/ }, { inputs: { sku: { name: "Basic" } }, says: /Basic/ }],
    fine: [
      { inputs: { sku: { name: "Standard" } } },
      { inputs: { sku: { name: "Basic" } }, exists: true },
    ],
  },
  "azure-pip-fixed": {
    broken: [
      {
        id: ADDRESS,
        exists: true,
        objects: [address],
        inputs: { ...address.inputs, zones: ["1", "2"] },
        says: /zones/,
      },
      {
        id: ADDRESS,
        exists: true,
        objects: [address],
        inputs: { ...address.inputs, sku: { name: "Basic" } },
        says: /sku\.name/,
      },
      {
        id: ADDRESS,
        exists: true,
        objects: [address],
        inputs: { ...address.inputs, publicIPAddressVersion: "IPv6" },
        says: /Version/,
      },
    ],
    fine: [
      {
        id: ADDRESS,
        exists: true,
        objects: [address],
        inputs: { ...address.inputs, tags: { a: "b" } },
      },
    ],
  },
  "azure-pip-idle-timeout": {
    broken: [
      { inputs: { idleTimeoutInMinutes: 3 }, says: /4 to 30/ },
      { inputs: { idleTimeoutInMinutes: 31 }, says: /4 to 30/ },
      {
        inputs: { idleTimeoutInMinutes: 5, publicIPAddressVersion: "IPv6" },
        says: /4 to 4/,
      },
    ],
    fine: [{}, { inputs: { idleTimeoutInMinutes: 4 } }, { inputs: { idleTimeoutInMinutes: 30 } }],
  },
  "azure-pip-dns-label-unique": {
    broken: [
      {
        inputs: { location: "westeurope", dnsSettings: { domainNameLabel: "audio" } },
        objects: [group, address],
        says: /DnsRecordInUse/,
      },
    ],
    fine: [
      {
        inputs: { location: "eastus", dnsSettings: { domainNameLabel: "audio" } },
        objects: [group, address],
      },
      {
        inputs: { location: "westeurope", dnsSettings: { domainNameLabel: "video" } },
        objects: [group, address],
      },
      { inputs: address.inputs, id: ADDRESS, exists: true, objects: [group, address] },
    ],
  },
  "azure-pip-in-use": {
    broken: [
      {
        id: ADDRESS,
        exists: true,
        objects: [address, service],
        says: /PublicIPAddressCannotBeDeleted.*default\/lb/,
      },
    ],
    fine: [
      { id: ADDRESS, exists: true, objects: [address] },
      { id: `${ADDRESS}2`, exists: true, objects: [service] },
    ],
  },
  "azure-role-full-definition-id": {
    broken: [
      {
        inputs: { roleDefinitionId: "4d97b98b-1d4f-4787-a291-c67834d212e7" },
        says: /InvalidRoleDefinitionId/,
      },
      { inputs: { roleDefinitionId: "Network Contributor" }, says: /InvalidRoleDefinitionId/ },
    ],
    fine: [{ inputs: grant }],
  },
  "azure-role-scope-exists": {
    broken: [
      { inputs: grant, says: /ResourceNotFound/ },
      { inputs: { scope: ADDRESS }, objects: [group], says: /ResourceNotFound/ },
      { inputs: { scope: "edge" }, objects: [group], says: /ResourceNotFound/ },
    ],
    fine: [
      { inputs: grant, objects: [group] },
      { inputs: { scope: ADDRESS }, objects: [address] },
      { inputs: { scope: SUBSCRIPTION } },
    ],
  },
  "azure-role-principal-guid": {
    broken: [
      { inputs: { principalId: "prod-aks-identity" }, says: /InvalidPrincipalId/ },
      { says: /InvalidPrincipalId/ },
    ],
    fine: [{ inputs: grant }],
  },
  "azure-role-principal-type": {
    broken: [
      {
        inputs: { ...grant, principalType: "User" },
        seed: seededClusters,
        says: /UnmatchedPrincipalType/,
      },
    ],
    fine: [
      { inputs: { ...grant, principalType: "ServicePrincipal" }, seed: seededClusters },
      { inputs: { ...grant, principalType: "User" } },
    ],
  },
  "azure-role-principal-type-missing": {
    broken: [{ inputs: grant, says: /PrincipalNotFound/ }],
    fine: [{ inputs: { ...grant, principalType: "ServicePrincipal" } }],
  },
  "azure-identity-replicates": {
    broken: [
      {
        seed: { delays: { "azure-identity": 60 } },
        inputs: { principalId: IDENTITY_ID },
        objects: [newIdentity],
        says: /PrincipalNotFound.*principalType property/,
      },
    ],
    fine: [
      {
        seed: { delays: { "azure-identity": 60 } },
        inputs: { principalId: IDENTITY_ID, principalType: "ServicePrincipal" },
        objects: [newIdentity],
      },
      { inputs: { principalId: IDENTITY_ID }, objects: [newIdentity] },
    ],
  },
  "azure-role-duplicate": {
    broken: [
      {
        id: `${ROLE}2`,
        inputs: grant,
        objects: [
          existing({ cloud: "azure-native", type: ROLE_ASSIGNMENT, id: ROLE, inputs: grant }),
        ],
        says: /RoleAssignmentExists/,
      },
    ],
    fine: [
      {
        id: ROLE,
        exists: true,
        inputs: grant,
        objects: [
          existing({ cloud: "azure-native", type: ROLE_ASSIGNMENT, id: ROLE, inputs: grant }),
        ],
      },
      {
        id: `${ROLE}2`,
        inputs: { ...grant, scope: SUBSCRIPTION },
        objects: [
          existing({ cloud: "azure-native", type: ROLE_ASSIGNMENT, id: ROLE, inputs: grant }),
        ],
      },
    ],
  },
  ...aksClusterCases,
});
