import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { type Properties, UNKNOWN, type Value } from "../components/provider/index.ts";
import { listOf, mapOf, valueAt } from "../simulation/cloud/paths.ts";
import { isSecret, preview } from "../simulation/mini-engine/index.ts";

const projectDir = path.resolve(import.meta.dirname, "..");

const settings = (create: object) => ({
  "udp:platform": "aks",
  "udp:aks": {
    cluster: { create },
    workload: { app: "cloud-edge", service: "cloud" },
    ports: [{ name: "audio", port: 8000, protocol: "UDP" }],
    dns: { zone: "example.com", name: "udp" },
  },
});

async function previewed(create: object) {
  const result = await preview({ projectDir, stack: "none", config: settings(create) });
  const one = (type: string, name: string) => {
    const found = result.resources.find((each) => each.type.endsWith(type) && each.name === name);
    assert.ok(found, `${type} ${name} is not in the preview`);
    return found;
  };
  return { ...result, one };
}

test("a cluster of the stack's own: identity first, then its rights, then the cluster", async () => {
  const { one, diagnostics, exitCode } = await previewed({
    location: "westeurope",
    nodes: [
      { name: "system", count: 2, zones: ["1", "2"] },
      { name: "media", vmSize: "Standard_F8s_v2", receiveBufferBytes: 8_388_608 },
    ],
    network: { addressSpace: "10.10.0.0/16", nodeSubnet: "10.10.0.0/20" },
  });
  assert.deepEqual([exitCode, diagnostics], [0, []]);
  const cluster = one(":ManagedCluster", "cluster-cluster");
  const identity = one(":UserAssignedIdentity", "cluster-identity");
  const right = one(":RoleAssignment", "cluster-nodes-contributor");
  const subnet = one(":Subnet", "cluster-nodes");
  assert.equal(right.inputs.principalType, "ServicePrincipal");
  assert.deepEqual(right.propertyDependencies.principalId, [identity.urn]);
  for (const needed of [identity, right, subnet]) {
    assert.ok(cluster.dependencies.includes(needed.urn), needed.name);
  }
  assert.equal(cluster.protect, true);
  const network = mapOf(cluster.inputs.networkProfile);
  assert.deepEqual(
    [network.loadBalancerSku, network.networkPlugin, network.networkPluginMode],
    ["standard", "azure", "overlay"],
  );
  assert.deepEqual([network.networkDataplane, network.networkPolicy], ["cilium", "cilium"]);
  assert.deepEqual(cluster.inputs.nodeResourceGroupProfile, { restrictionLevel: "ReadOnly" });
  const [system, media] = listOf(cluster.inputs.agentPoolProfiles).map(mapOf);
  assert.deepEqual(
    [system?.mode, system?.count, media?.mode, media?.count],
    ["System", 2, "User", 3],
  );
  assert.equal(system?.vnetSubnetID, UNKNOWN);
  assert.equal(system?.linuxOSConfig, undefined);
  assert.deepEqual(valueAt(media, "linuxOSConfig.sysctls"), {
    netCoreRmemDefault: 8_388_608,
    netCoreRmemMax: 8_388_608,
  });

  // Who has to be given the right on the address is known before the cluster is there.
  const role = one(":RoleAssignment", "udp-network-contributor");
  assert.deepEqual(role.propertyDependencies.principalId, [identity.urn]);
  const { kubeconfig } = one("kubernetes", "cluster-access").inputs as Properties;
  assert.ok(isSecret(kubeconfig as Value));
});

test("without a network AKS makes one, and no right is needed", async () => {
  const { one, resources } = await previewed({ location: "westeurope", dataplane: "azure" });
  const { agentPoolProfiles, networkProfile } = one(":ManagedCluster", "cluster-cluster").inputs;
  assert.equal(mapOf(listOf(agentPoolProfiles)[0]).vnetSubnetID, undefined);
  assert.equal(mapOf(networkProfile).networkPolicy, "azure");
  assert.ok(!resources.some(({ type }) => /:(VirtualNetwork|Subnet)$/.test(type)));
  assert.equal(resources.filter(({ type }) => type.endsWith(":RoleAssignment")).length, 1);
});

test("all mistakes are told at once", async () => {
  const { diagnostics } = await previewed({
    location: "West Europe",
    nodes: [{ name: "System_1", receiveBufferBytes: 1 }],
    network: { addressSpace: "10.0.0.0/16", nodeSubnet: "10.1.0.0/24" },
  });
  const [{ message = "" } = {}] = diagnostics.filter(({ severity }) => severity === "error");
  assert.match(message, /^4 mistakes/);
  for (const at of [
    "location",
    "nodes\\[0\\]\\.name",
    "nodes\\[0\\]\\.receiveBufferBytes",
    "network\\.nodeSubnet",
  ]) {
    assert.match(message, new RegExp(`udp:aks\\.cluster\\.create\\.${at}: `));
  }
});
