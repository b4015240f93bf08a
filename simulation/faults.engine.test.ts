import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { openWorkspace, type Workspace } from "./engine/index.ts";
import { canonicalState } from "./testing/canonical.ts";
import { assertEachFailed, throughFaults } from "./testing/faults.ts";
import { succeeded } from "./testing/life-cycle.ts";

/**
 * The components of all clouds as one stack, of which every single call fails, before it has
 * happened or after. All that can fail at the same time fails in one deployment.
 */
const OPTIONS = {
  projectDir: path.join(import.meta.dirname, "test-program"),
  main: "every-cloud.ts",
  stack: "dev",
  timeoutMs: 120_000,
  // What a lost call leaves behind counts, as in an account.
  world: {
    zones: ["example.com"],
    clusters: [{ name: "prod-aks", resourceGroup: "prod" }],
    quotas: { "aws-address-quota": 20 },
  },
};
/** A port on a Service and one on a firewall, and a director with another configuration. */
const CHANGE = { video: true, p2p: true, ttl: 60 };

const typesOf = (names: readonly string[]): string[] => [
  ...new Set(names.map((name) => name.split(" ")[0] ?? "")),
];

/** Holds that two stacks are the same but for identifiers, and shows the first difference. */
async function assertSame(one: Workspace, other: Workspace): Promise<void> {
  const [ours, theirs] = await Promise.all([one.exportState(), other.exportState()]);
  const [a, b] = [canonicalState(ours), canonicalState(theirs)];
  const at = a.findIndex((line, index) => line !== b[index]);
  assert.equal(a[at], b[at]);
  assert.equal(a.length, b.length);
}

const customs = async (workspace: Workspace) =>
  (await workspace.exportState()).filter(
    ({ custom, type }) => custom && !type.startsWith("pulumi:"),
  ).length;

describe("every call of a deployment fails, and running it again completes it", () => {
  let workspace: Workspace;
  let undisturbed: Workspace;
  before(async () => {
    [workspace, undisturbed] = await Promise.all([openWorkspace(OPTIONS), openWorkspace(OPTIONS)]);
  });
  after(() => Promise.all([workspace.close(), undisturbed.close()]));

  test("each creation is lost once, and somebody looks for what it left", async (t) => {
    const survived = await throughFaults(workspace, "up", "--continue-on-error");
    succeeded(await undisturbed.up());
    const count = await customs(undisturbed);
    assertEachFailed(survived, "create", count);
    t.diagnostic(`${count} resources, ${survived.runs} deployments`);
    // What a lost creation leaves in a real account, too: docs/simulation.md says it.
    assert.deepEqual(typesOf(survived.inTheWay), IN_THE_WAY);
    assert.deepEqual(typesOf(survived.orphans), ORPHANS);
    await assertSame(workspace, undisturbed);
  });

  test("each call of a change fails", async (t) => {
    for (const each of [workspace, undisturbed]) {
      await each.configure(CHANGE);
    }
    const survived = await throughFaults(workspace, "up");
    const { changes } = succeeded(await undisturbed.up());
    const { create = 0, update = 0, replace = 0 } = changes;
    assertEachFailed(survived, "create", create + replace);
    assertEachFailed(survived, "update", update);
    assertEachFailed(survived, "delete", replace);
    await assertSame(workspace, undisturbed);
    t.diagnostic(`${survived.strikes.length} failed calls, ${survived.runs} deployments`);
  });

  test("each deletion is refused once, and nothing is left", async (t) => {
    const count = await customs(workspace);
    await workspace.unprotect();
    const survived = await throughFaults(workspace, "destroy", "--continue-on-error");
    assertEachFailed(survived, "delete", count);
    assert.deepEqual([survived.inTheWay, survived.orphans], [[], []]);
    assert.deepEqual((await workspace.world.read()).objects, []);
    t.diagnostic(`${count} resources, ${survived.runs} runs`);
  });

  test("a throttled call is made again, as often as the provider does", async () => {
    await workspace.configure({ video: false });
    await workspace.world.setFaults([
      { operation: "create", type: ":PublicIPAddress", kind: "throttled", times: 3 },
      { operation: "create", type: ":RoleAssignment", kind: "throttled", times: 4, message: "429" },
    ]);
    const result = await workspace.up();
    assert.deepEqual(
      result.steps.filter(({ failed }) => failed).map(({ type }) => type.split(":").at(-1)),
      ["RoleAssignment"],
    );
    assert.match(result.terminal, /429/);
    assert.equal((await workspace.world.find(":PublicIPAddress")).length, 1);
  });
});

/** One of a kind where they are: the repetition runs into the first one. */
const IN_THE_WAY = [
  "DnsRecord",
  "InternetGateway",
  "Listener",
  "LoadBalancer",
  "NatGateway",
  "Repository",
  "RoleAssignment",
  "Route",
  "RouteTableAssociation",
  "SecurityGroupEgressRule",
  "SecurityGroupIngressRule",
  "Service",
  "Subnet",
  "VpcEndpoint",
];
/** Named anew each time: the repetition succeeds, and the first one stays without an owner. */
const ORPHANS = [
  "Cluster",
  "ConfigMap",
  "Deployment",
  "Droplet",
  "Eip",
  "Firewall",
  "Instance",
  "InstanceProfile",
  "LoadBalancer",
  "LogGroup",
  "NetworkPolicy",
  "PublicIPAddress",
  "ReservedIp",
  "ResourceGroup",
  "Role",
  "RolePolicy",
  "RouteTable",
  "SecurityGroup",
  "Service",
  "ServiceAccount",
  "TargetGroup",
  "TaskDefinition",
  "Vpc",
];
