import assert from "node:assert/strict";
import { test } from "node:test";
import type {
  CreateRequest,
  Properties,
  ResourceHandler,
  Value,
} from "../../components/provider/index.ts";
import { valueAt } from "../cloud/paths.ts";
import { memoryStore, type Store } from "../cloud/store.ts";
import { newWorld } from "../cloud/world.ts";
import { clusterOfKubeconfig, findCluster, kubeconfigOf } from "./azure-native/clusters.ts";
import { azureNative } from "./azure-native/index.ts";
import { models as azureModels } from "./azure-native/models.ts";
import { cloudflare } from "./cloudflare/index.ts";
import { simulatedClouds } from "./index.ts";
import { kubernetes } from "./kubernetes/index.ts";
import { providerFactory, type SimulatedCloud } from "./simulated-cloud.ts";

async function cloud(
  definition: SimulatedCloud,
  store: Store = memoryStore(),
  config: Properties = {},
) {
  const provider = (await providerFactory(definition, { store, warn: () => {} }))();
  await provider.configure?.(config);
  const handler = (type: string): ResourceHandler => {
    const found = provider.resource(type);
    assert.ok(found, `${definition.name} has no ${type}`);
    return found;
  };
  const check = async (type: string, name: string, news: Properties, olds: Properties = {}) => {
    const urn = `urn:pulumi:s::p::${type}::${name}`;
    const seed = new Uint8Array([1, 2, 3]);
    const result = await handler(type).check?.({ urn, type, name, olds, news, randomSeed: seed });
    return result ?? { inputs: news };
  };
  const create = async (type: string, name: string, news: Properties) => {
    const { inputs, failures = [] } = await check(type, name, news);
    assert.deepEqual(failures, []);
    const request: CreateRequest = {
      urn: `urn:pulumi:s::p::${type}::${name}`,
      type,
      name,
      inputs,
      preview: false,
      timeoutSeconds: 0,
      signal: new AbortController().signal,
    };
    return { ...(await handler(type).create(request)), inputs };
  };
  const diff = (type: string, oldInputs: Properties, news: Properties) =>
    handler(type).diff({
      urn: "u",
      type,
      name: "n",
      id: "i",
      oldInputs,
      oldOutputs: {},
      news,
      ignoreChanges: [],
    });
  return { provider, check, create, diff };
}

const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";

test("names are made up as each provider does it, and kept", async () => {
  const azure = await cloud(azureNative);
  const group = await azure.check("azure-native:resources:ResourceGroup", "edge", {
    location: "westeurope",
  });
  assert.match(String(group.inputs.resourceGroupName), /^edge[0-9a-f]{8}$/);
  const again = await azure.check(
    "azure-native:resources:ResourceGroup",
    "edge",
    { location: "westeurope" },
    { resourceGroupName: "edge0" },
  );
  assert.equal(again.inputs.resourceGroupName, "edge0");

  const cluster = await cloud(kubernetes);
  const map = await cluster.check(CONFIG_MAP, "settings", {});
  assert.match(String(valueAt(map.inputs, "metadata.name")), /^settings-[0-9a-f]{8}$/);
  assert.equal(valueAt(map.inputs, 'metadata.annotations["pulumi.com/autonamed"]'), "true");
  const kept = await cluster.check(CONFIG_MAP, "settings", {}, map.inputs);
  assert.deepEqual(kept.inputs, map.inputs);
  const given = await cluster.check(
    CONFIG_MAP,
    "settings",
    { metadata: { name: "mine" } },
    map.inputs,
  );
  assert.equal(valueAt(given.inputs, "metadata.name"), "mine");
  assert.equal(valueAt(given.inputs, "metadata.annotations"), undefined);

  const dns = await cloud(cloudflare);
  const record = await dns.check("cloudflare:index/dnsRecord:DnsRecord", "udp", {
    zoneId: "z",
    type: "A",
    ttl: 60,
  });
  assert.deepEqual(record.failures, [
    { property: "name", reason: 'missing required property "name"' },
  ]);
});

test("a public address has the outputs that Azure computes, and a number of its own", async () => {
  const azure = await cloud(azureNative, memoryStore({ resourceGroups: ["edge"] }));
  const make = (name: string) =>
    azure.create("azure-native:network:PublicIPAddress", name, {
      resourceGroupName: "edge",
      sku: { name: "Standard" },
      publicIPAllocationMethod: "Static",
      dnsSettings: { domainNameLabel: name },
    });
  const { id, outputs } = await make("audio");
  assert.match(
    id,
    /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/edge\/providers\/Microsoft\.Network\/publicIPAddresses\/audio[0-9a-f]{8}$/,
  );
  assert.equal(valueAt(outputs, "dnsSettings.fqdn"), "audio.westeurope.cloudapp.azure.com");
  assert.equal(outputs.location, "westeurope");
  assert.notEqual((await make("video")).outputs.ipAddress, outputs.ipAddress);
});

test("data replaces a ConfigMap unless the provider may change it", async () => {
  const fixed = await cloud(kubernetes);
  const olds = (await fixed.check(CONFIG_MAP, "c", { data: { a: "1" } })).inputs;
  const news: Properties = { ...olds, data: { a: "2" } };
  assert.deepEqual((await fixed.diff(CONFIG_MAP, olds, news)).changes, {
    "data.a": "update-replace",
  });
  assert.equal((await fixed.diff(CONFIG_MAP, olds, news)).deleteBeforeReplace, false, "autonamed");

  const named: Properties = { ...olds, metadata: { name: "c", namespace: "default" } };
  const renamed = await fixed.diff(CONFIG_MAP, named, { ...named, data: { a: "2" } });
  assert.equal(
    renamed.deleteBeforeReplace,
    true,
    "a fixed name is free only when the old one is gone",
  );

  const free = await cloud(kubernetes, memoryStore(), { enableConfigMapMutable: "true" });
  assert.deepEqual((await free.diff(CONFIG_MAP, olds, news)).changes, { "data.a": "update" });
  const sealed = await free.diff(CONFIG_MAP, olds, { ...news, immutable: true });
  assert.equal(sealed.changes["data.a"], "update-replace");
});

test("every immutable property of every model replaces, and nothing else does", () => {
  const inAzureGroup = [
    "virtualNetworkName",
    "subnetName",
    "resourceName",
    "resourceGroupName",
    "location",
  ];
  const expected: Record<string, readonly string[]> = {
    "azure-native:resources:ResourceGroup": ["resourceGroupName", "location"],
    "azure-native:network:PublicIPAddress": [
      "publicIpAddressName",
      "resourceGroupName",
      "location",
    ],
    "azure-native:authorization:RoleAssignment": [
      "principalId",
      "principalType",
      "roleDefinitionId",
      "scope",
      "roleAssignmentName",
    ],
    "azure-native:managedidentity:UserAssignedIdentity": inAzureGroup,
    "azure-native:network:VirtualNetwork": inAzureGroup,
    "azure-native:network:Subnet": inAzureGroup,
    "azure-native:containerservice:ManagedCluster": [
      "resourceName",
      "resourceGroupName",
      "location",
    ],
    "kubernetes:core/v1:Service": ["metadata.name", "metadata.namespace", "spec.clusterIP"],
    "kubernetes:apps/v1:Deployment": ["metadata.name", "metadata.namespace", "spec.selector"],
    "kubernetes:apps/v1:StatefulSet": [
      "metadata.name",
      "metadata.namespace",
      "spec.podManagementPolicy",
      "spec.revisionHistoryLimit",
      "spec.selector",
      "spec.serviceName",
      "spec.volumeClaimTemplates",
    ],
    "kubernetes:helm.sh/v3:Release": ["name", "namespace"],
    "kubernetes:core/v1:ConfigMap": ["metadata.name", "metadata.namespace", "data", "binaryData"],
    "kubernetes:core/v1:Secret": [
      "metadata.name",
      "metadata.namespace",
      "data",
      "stringData",
      "type",
    ],
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": [
      "metadata.name",
      "metadata.namespace",
      "roleRef",
    ],
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding": [
      "metadata.name",
      "metadata.namespace",
      "roleRef",
    ],
    "cloudflare:index/dnsRecord:DnsRecord": ["zoneId"],
  };
  // Those of bridged providers are facts with a source, and nothing else is to be told of them.
  const others = simulatedClouds.filter(({ name }) => !["aws", "digitalocean"].includes(name));
  for (const model of others.flatMap(({ models }) => models)) {
    const paths = expected[model.type] ?? ["metadata.name", "metadata.namespace"];
    assert.deepEqual(model.immutable({}, {}), paths, model.type);
  }
});

test("a Service gets what the cluster assigns, and keeps it", async () => {
  const store = memoryStore();
  const cluster = await cloud(kubernetes, store);
  const spec: Properties = {
    type: "LoadBalancer",
    externalTrafficPolicy: "Local",
    ports: [
      { name: "audio", port: 8000, protocol: "UDP" },
      { name: "query", port: 9000 },
    ],
  };
  const { id, outputs } = await cluster.create("kubernetes:core/v1:Service", "lb", {
    metadata: { name: "lb" },
    spec,
  });
  assert.equal(id, "default/lb");
  const numbers: (Value | undefined)[] = [
    "ports[0].nodePort",
    "ports[1].nodePort",
    "healthCheckNodePort",
  ].map((path) => valueAt(outputs, `spec.${path}`));
  assert.equal(new Set(numbers).size, 3);
  assert.ok(numbers.every((number) => Number(number) >= 30_000 && Number(number) <= 32_767));
  assert.match(String(valueAt(outputs, "spec.clusterIP")), /^10\.0\.\d+\.\d+$/);
  assert.equal(valueAt(outputs, "spec.ports[1].protocol"), "TCP");
  assert.match(
    String(valueAt(outputs, "status.loadBalancer.ingress[0].ip")),
    /^\d+\.\d+\.\d+\.\d+$/,
  );
  const internal = await cluster.create("kubernetes:core/v1:Service", "in", {
    spec: { ports: [{ port: 9090 }] },
  });
  assert.equal(valueAt(internal.outputs, "spec.ports[0].nodePort"), undefined);
  assert.deepEqual(internal.outputs.status, { loadBalancer: {} });
});

test("deleting a namespace or a resource group takes along what is in it", async () => {
  const store = memoryStore();
  const cluster = await cloud(kubernetes, store);
  const remove = async (provider: typeof cluster.provider, type: string, id: string) =>
    provider.resource(type)?.delete({
      urn: "u",
      type,
      name: "n",
      id,
      inputs: {},
      outputs: {},
      timeoutSeconds: 0,
      signal: new AbortController().signal,
    });
  await cluster.create("kubernetes:core/v1:Namespace", "edge", { metadata: { name: "edge" } });
  await cluster.create(CONFIG_MAP, "a", { metadata: { namespace: "edge" } });
  await cluster.create(CONFIG_MAP, "b", {});
  await remove(cluster.provider, "kubernetes:core/v1:Namespace", "edge");
  assert.deepEqual(
    (await store.read()).objects.map(({ id }) => id.split("/")[0]),
    ["default"],
  );

  const azure = await cloud(azureNative, store);
  const group = await azure.create("azure-native:resources:ResourceGroup", "edge", {
    location: "westeurope",
  });
  await azure.create("azure-native:network:PublicIPAddress", "ip", {
    resourceGroupName: String(group.inputs.resourceGroupName),
    sku: { name: "Standard" },
    publicIPAllocationMethod: "Static",
  });
  await remove(azure.provider, "azure-native:resources:ResourceGroup", group.id);
  assert.equal((await store.read()).objects.length, 1);
});

test("a kubeconfig leads back to its cluster, underscores and all", () => {
  for (const [group, name] of [
    ["prod", "prod-aks"],
    ["rg_with_parts", "aks_1"],
    ["a", "a"],
  ] as const) {
    const cluster = findCluster(newWorld(), group, name);
    assert.ok(cluster);
    assert.deepEqual(clusterOfKubeconfig(kubeconfigOf(cluster)), { resourceGroup: group, name });
  }
  assert.equal(clusterOfKubeconfig("apiVersion: v1\ncurrent-context: kind\nusers: []"), undefined);
});

test("unknown resource types and functions fail by name", async () => {
  const azure = await cloud(azureNative);
  assert.equal(azure.provider.resource("azure-native:compute:VirtualMachine"), undefined);
  await assert.rejects(
    async () => azure.provider.invoke?.({ token: "azure-native:compute:getImage", args: {} }),
    /has no function azure-native:compute:getImage/,
  );
  assert.equal(azureModels.length, azureNative.resources.length);
});

test("a cluster that the world does not have is not found", async () => {
  const token = "azure-native:containerservice:getManagedCluster";
  const args = { resourceGroupName: "prod", resourceName: "aks" };
  const friendly = await cloud(azureNative);
  const found = (await friendly.provider.invoke?.({ token, args }))?.result ?? {};
  assert.equal(valueAt(found, "identity.type"), "SystemAssigned");
  assert.equal(found.nodeResourceGroup, "MC_prod_aks_westeurope");
  const strict = await cloud(azureNative, memoryStore({ anyCluster: false }));
  await assert.rejects(
    async () => strict.provider.invoke?.({ token, args }),
    /managedClusters\/aks.*was not found/,
  );
});
