import assert from "node:assert/strict";
import { test } from "node:test";
import { InputPropertyError } from "@pulumi/pulumi";
import { clouds, cluster } from "../testing/clouds.ts";
import { resolved, run } from "../testing/mocks.ts";
import { AksStaticIp, type AksStaticIpArgs, IpVersion, RESERVED_TAGS } from "./index.ts";
import { checkResourceGroup } from "./static-ip-args.ts";

const CLUSTER = { name: "debug-aks", resourceGroup: "debug" };

function refused(args: Partial<AksStaticIpArgs>, propertyPath: string, reason: RegExp) {
  return assert.rejects(
    run(() => new AksStaticIp("audio", { cluster: CLUSTER, ...args }), clouds),
    (error) =>
      InputPropertyError.isInstance(error) &&
      error.propertyPath === propertyPath &&
      reason.test(error.reason),
  );
}

test("trap 3: the address is Standard, static, in a group of its own, and protected", async () => {
  const { one } = await run(() => new AksStaticIp("audio", { cluster: CLUSTER }), clouds);
  const ip = one("PublicIPAddress");
  assert.deepEqual(ip.inputs, {
    location: "westeurope",
    publicIPAddressVersion: "IPv4",
    publicIPAllocationMethod: "Static",
    resourceGroupName: "audio-group1a2b",
    sku: { name: "Standard" },
  });
  assert.notEqual(ip.inputs.resourceGroupName, cluster.nodeResourceGroup);
  assert.equal(ip.protect, true);
  assert.equal(one("ResourceGroup").protect, true);
});

test("trap 3: protection can be lifted in the options", async () => {
  const { one } = await run(
    () => new AksStaticIp("audio", { cluster: CLUSTER }, { protect: false }),
    clouds,
  );
  assert.equal(one("PublicIPAddress").protect, false);
  assert.equal(one("ResourceGroup").protect, false);
});

test("trap 4: the control plane's identity gets the role, and users of the address wait for it", async () => {
  const { one, result } = await run(() => {
    const ip = new AksStaticIp("audio", { cluster: CLUSTER });
    return {
      ip,
      user: new AksStaticIp("user", { cluster: { ...CLUSTER, name: ip.address.publicIpName } }),
    };
  }, clouds);
  const role = one("audio-network-contributor").inputs;
  assert.equal(role.principalId, "control-plane");
  assert.equal(role.principalType, "ServicePrincipal");
  assert.match(role.scope, /^\/subscriptions\/[^/]+\/resourceGroups\/audio-group1a2b$/);
  assert.match(
    role.roleDefinitionId,
    /^\/subscriptions\/[^/]+\/providers\/Microsoft\.Authorization\/roleDefinitions\/4d97b98b-1d4f-4787-a291-c67834d212e7$/,
  );
  const dependencies = one("user-ip").dependencies.join(" ");
  assert.match(dependencies, /PublicIPAddress::audio-ip/);
  assert.match(dependencies, /RoleAssignment::audio-network-contributor/);
  assert.deepEqual(await resolved(result.ip.address), {
    ipAddress: "203.0.113.10",
    ipVersion: "IPv4",
    publicIpName: "audio-ip3c4d",
    resourceGroupName: "audio-group1a2b",
  });
});

test("a user-assigned identity receives the role by its principal id", async () => {
  const { one } = await run(() => new AksStaticIp("audio", { cluster: CLUSTER }), {
    ...clouds,
    calls: {
      "azure-native:containerservice:getManagedCluster": () => ({
        ...cluster,
        identity: {
          type: "UserAssigned",
          userAssignedIdentities: { "/id": { clientId: "client", principalId: "principal" } },
        },
      }),
    },
  });
  assert.equal(one("RoleAssignment").inputs.principalId, "principal");
});

test("a cluster of the same program is not looked up", async () => {
  const { calls, one } = await run(
    () =>
      new AksStaticIp("audio", { cluster: { principalId: "principal", location: "northeurope" } }),
    clouds,
  );
  assert.deepEqual(calls, []);
  assert.equal(one("PublicIPAddress").inputs.location, "northeurope");
  assert.equal(one("RoleAssignment").inputs.principalId, "principal");
});

test("an existing resource group is taken, and only the role is added to it", async () => {
  const { one, resources } = await run(
    () => new AksStaticIp("audio", { cluster: CLUSTER, resourceGroupName: "addresses" }),
    clouds,
  );
  assert.ok(resources.every(({ type }) => !type.endsWith("ResourceGroup")));
  assert.equal(one("PublicIPAddress").inputs.resourceGroupName, "addresses");
  assert.match(one("RoleAssignment").inputs.scope, /resourceGroups\/addresses$/);
});

test("trap 3: the cluster's node resource group is refused, however it is written", () => {
  assert.equal(checkResourceGroup("addresses", cluster.nodeResourceGroup), "addresses");
  assert.equal(checkResourceGroup("addresses", undefined), "addresses");
  assert.throws(
    () => checkResourceGroup("mc_debug_DEBUG-aks_westeurope", cluster.nodeResourceGroup),
    /deleted with the cluster: give another one, or leave it out/,
  );
});

test("a second address in one group does without the role assignment", async () => {
  const { resources } = await run(
    () =>
      new AksStaticIp("audio", {
        cluster: CLUSTER,
        resourceGroupName: "addresses",
        grantAccess: false,
      }),
    clouds,
  );
  assert.ok(resources.every(({ type }) => !type.endsWith("RoleAssignment")));
});

for (const tag of RESERVED_TAGS) {
  test(`trap 5: the tag ${tag} is refused`, () =>
    refused({ tags: { app: "audio", [tag]: "x" } }, `tags["${tag}"]`, /delete the address/));
}

test("trap 5: Azure compares tag names without case, and so does the check", () =>
  refused({ tags: { Service: "x" } }, 'tags["Service"]', /Use another name/));

test("other tags reach the address and the group, in one order", async () => {
  const { one } = await run(
    () => new AksStaticIp("audio", { cluster: CLUSTER, tags: { team: "voice", app: "audio" } }),
    clouds,
  );
  for (const type of ["PublicIPAddress", "ResourceGroup"]) {
    assert.deepEqual(Object.entries(one(type).inputs.tags), [
      ["app", "audio"],
      ["team", "voice"],
    ]);
  }
});

test("trap 6: the DNS label sits on the address, whose name becomes known", async () => {
  const { one, result } = await run(
    () => new AksStaticIp("audio", { cluster: CLUSTER, dnsLabel: "audio-debug" }),
    clouds,
  );
  assert.deepEqual(one("PublicIPAddress").inputs.dnsSettings, { domainNameLabel: "audio-debug" });
  const { hostname } = await resolved(result.address);
  assert.equal(hostname, "audio-debug.westeurope.cloudapp.azure.com");
});

test("an IPv6 address is asked for by its version", async () => {
  const { one } = await run(
    () => new AksStaticIp("audio", { cluster: CLUSTER, ipVersion: IpVersion.V6 }),
    clouds,
  );
  assert.equal(one("PublicIPAddress").inputs.publicIPAddressVersion, "IPv6");
});

test("mistakes are refused before anything is registered", async () => {
  const way = /\{ name, resourceGroup \}.*\{ principalId, location \}/;
  await refused({ cluster: { name: "debug-aks" } }, "cluster", way);
  await refused({ cluster: { ...CLUSTER, location: "westeurope" } }, "cluster", way);
  await refused({ cluster: { ...CLUSTER, principalId: "x", location: "y" } }, "cluster", way);
  await refused({ dnsLabel: "9lives" }, "dnsLabel", /a letter first/);
  await refused({ ipVersion: "6" as IpVersion }, "ipVersion", /IPv4 or IPv6/);
});

test("the address may come from a prefix, which is named in full", async () => {
  const publicIpPrefixId =
    "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/edge/providers/Microsoft.Network/publicIPPrefixes/game";
  const { one } = await run(
    () => new AksStaticIp("audio", { cluster: CLUSTER, publicIpPrefixId }),
    clouds,
  );
  assert.deepEqual(one("PublicIPAddress").inputs.publicIPPrefix, { id: publicIpPrefixId });
  await refused({ publicIpPrefixId: "game" }, "publicIpPrefixId", /not the identifier of a prefix/);
});
