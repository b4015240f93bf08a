import type { Properties } from "../../components/provider/index.ts";
import { MANAGED_CLUSTER } from "../providers/azure-native/managed-cluster-rules.ts";
import { VIRTUAL_NETWORK } from "../providers/azure-native/network-rules.ts";
import { ROLE_ASSIGNMENT, USER_IDENTITY } from "../providers/azure-native/rules.ts";
import { existing, type RuleCases } from "./rule-cases.ts";

const GROUP = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/edge";
const IDENTITY = `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id`;
const NETWORK = `${GROUP}/providers/Microsoft.Network/virtualNetworks/net`;
const CLUSTER = `${GROUP}/providers/Microsoft.ContainerService/managedClusters/aks`;
const PRINCIPAL = "a45ad7f8-03b6-4415-88b8-efa6e9c66b01";

const object = (type: string, id: string, inputs: Properties = {}, outputs: Properties = {}) =>
  existing({ cloud: "azure-native", type, id, inputs, outputs });
const identity = object(USER_IDENTITY, IDENTITY, {}, { principalId: PRINCIPAL });
const network = object(VIRTUAL_NETWORK, NETWORK, {
  addressSpace: { addressPrefixes: ["10.10.0.0/16"] },
});
const acts = { identity: { type: "UserAssigned", userAssignedIdentities: [IDENTITY] } };
const pool = (more: Properties = {}) => ({
  agentPoolProfiles: [{ name: "system", mode: "System", ...more }],
});
const sysctls = (bytes: number) => ({ linuxOSConfig: { sysctls: { netCoreRmemMax: bytes } } });
const subnet = (addressPrefix: string) => ({
  resourceGroupName: "edge",
  virtualNetworkName: "net",
  subnetName: "nodes",
  addressPrefix,
});

/** The rules of AKS clusters that a program makes, and of what they stand on. */
export const aksClusterCases: Readonly<Record<string, RuleCases>> = {
  "azure-aks-identity-exists": {
    broken: [{ inputs: acts, says: /InvalidUserAssignedIdentity.*\/id was not found/ }],
    fine: [
      { inputs: acts, objects: [identity] },
      { inputs: { identity: { type: "SystemAssigned" } } },
    ],
  },
  "azure-aks-system-pool": {
    broken: [{ inputs: pool({ mode: "User" }), says: /at least one system agent pool/ }],
    fine: [{ inputs: pool() }],
  },
  "azure-aks-pool-name": {
    broken: [{ inputs: pool({ name: "System-1" }), says: /'System-1' is invalid/ }],
    fine: [{ inputs: pool({ name: "media2" }) }],
  },
  "azure-aks-receive-buffer": {
    broken: [{ inputs: pool(sysctls(1024)), says: /netCoreRmemMax 1024.*out of range/ }],
    fine: [{ inputs: pool(sysctls(8_388_608)) }, { inputs: pool() }],
  },
  "azure-aks-fixed": {
    broken: [
      {
        id: CLUSTER,
        exists: true,
        inputs: pool(sysctls(8_388_608)),
        objects: [object(MANAGED_CLUSTER, CLUSTER, pool())],
        says: /PropertyChangeNotAllowed.*agentPoolProfile\.linuxOSConfig/,
      },
      {
        id: CLUSTER,
        exists: true,
        inputs: { networkProfile: { networkPlugin: "kubenet" } },
        objects: [object(MANAGED_CLUSTER, CLUSTER, { networkProfile: { networkPlugin: "azure" } })],
        says: /networkProfile\.networkPlugin/,
      },
    ],
    fine: [
      {
        id: CLUSTER,
        exists: true,
        inputs: { agentPoolProfiles: [{ name: "media" }, { name: "system", count: 5 }] },
        objects: [
          object(MANAGED_CLUSTER, CLUSTER, { agentPoolProfiles: [{ name: "system", count: 3 }] }),
        ],
      },
    ],
  },
  "azure-aks-cilium": {
    broken: [
      {
        inputs: { networkProfile: { networkDataplane: "cilium", networkPlugin: "azure" } },
        says: /networkDataplane: cilium requires/,
      },
      {
        inputs: { networkProfile: { networkPluginMode: "overlay", networkPlugin: "none" } },
        says: /networkPluginMode: overlay requires/,
      },
    ],
    fine: [
      {
        inputs: {
          networkProfile: {
            networkDataplane: "cilium",
            networkPlugin: "azure",
            networkPluginMode: "overlay",
            networkPolicy: "cilium",
          },
        },
      },
    ],
  },
  "azure-aks-subnet-rights": {
    broken: [
      {
        inputs: { ...acts, ...pool({ vnetSubnetID: `${NETWORK}/subnets/nodes` }) },
        objects: [identity],
        says: /LinkedAuthorizationFailed.*subnets\/join\/action/,
      },
    ],
    fine: [
      { inputs: { ...acts, ...pool() }, objects: [identity] },
      {
        inputs: { ...acts, ...pool({ vnetSubnetID: `${NETWORK}/subnets/nodes` }) },
        objects: [
          identity,
          object(ROLE_ASSIGNMENT, "r", { scope: NETWORK, principalId: PRINCIPAL }),
        ],
      },
    ],
  },
  "azure-aks-role-spreads": {
    broken: [
      {
        seed: { delays: { "azure-role": 300 } },
        inputs: { ...acts, ...pool({ vnetSubnetID: `${NETWORK}/subnets/nodes` }) },
        objects: [
          identity,
          { ...object(ROLE_ASSIGNMENT, "r", { scope: NETWORK, principalId: PRINCIPAL }), born: 0 },
        ],
        says: /LinkedAuthorizationFailed.*subnets\/nodes/,
      },
    ],
    fine: [
      {
        seed: { delays: { "azure-role": 300 } },
        inputs: { ...acts, ...pool({ vnetSubnetID: `${NETWORK}/subnets/nodes` }) },
        objects: [
          identity,
          object(ROLE_ASSIGNMENT, "old", { scope: NETWORK, principalId: PRINCIPAL }),
        ],
      },
      { inputs: { ...acts, ...pool() }, seed: { delays: { "azure-role": 300 } } },
    ],
  },
  "azure-subnet-network": {
    broken: [
      { inputs: subnet("10.10.0.0/20"), says: /ResourceNotFound/ },
      {
        inputs: subnet("10.20.0.0/20"),
        objects: [network],
        says: /NetcfgSubnetRangeOutsideVnet/,
      },
    ],
    fine: [{ inputs: subnet("10.10.0.0/20"), objects: [network] }],
  },
  "azure-subnet-in-use": {
    broken: [
      {
        id: `${NETWORK}/subnets/nodes`,
        objects: [{ ...object(MANAGED_CLUSTER, CLUSTER), uses: [`${NETWORK}/subnets/nodes`] }],
        says: /InUseSubnetCannotBeDeleted/,
      },
    ],
    fine: [{ id: `${NETWORK}/subnets/nodes`, objects: [object(MANAGED_CLUSTER, CLUSTER)] }],
  },
};
