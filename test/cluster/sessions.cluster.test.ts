import { after, before, test } from "node:test";
import type { Workspace } from "../../simulation/engine/index.ts";
import { succeeded } from "../../simulation/testing/life-cycle.ts";
import { type ClusterStack, skip, startClusterStack } from "./cluster-stack.ts";
import { assertAlive, underFlow } from "./flow.ts";

/**
 * Two directors with a shared store on a real cluster: a flow that never pauses, from one source
 * port, while pods come and go beneath it. kube-proxy, connection tracking and MetalLB are real.
 */
let stack: ClusterStack;
let workspace: Workspace;
let address = "";

before(async () => {
  if (skip !== false) return;
  stack = await startClusterStack();
  [address = ""] = stack.addresses;
  workspace = await stack.open("sessions", { tokenTtl: 30 });
  succeeded(await workspace.up());
});
after(async () => {
  await workspace?.close();
  await stack?.close();
});

/** Names of the directors' pods that are not leaving. */
async function pods(): Promise<readonly string[]> {
  const selector = "labelSelector=app.kubernetes.io/name=udp-director";
  const { items } = await stack.cluster.admin.get(`/api/v1/namespaces/games/pods?${selector}`);
  return items
    .filter((pod: { metadata: { deletionTimestamp?: string } }) => !pod.metadata.deletionTimestamp)
    .map((pod: { metadata: { name: string } }) => pod.metadata.name)
    .sort();
}

/** Until all pods that are wanted are there and ready, and those that left are gone. */
async function settled(old: readonly string[]): Promise<void> {
  const gone = old.map((name) => `pod/${name}`);
  await stack.kubectl("wait", "--for=delete", "--timeout=90s", "-n", "games", ...gone);
  const ready = "condition=Available";
  const selector = ["-l", "app.kubernetes.io/name=udp-director"];
  await stack.kubectl("wait", `--for=${ready}`, "-n", "games", "deployment", ...selector);
  const left = await pods();
  await stack.kubectl("wait", "--for=condition=Ready", "-n", "games", ...left.map(pod));
}

const pod = (name: string) => `pod/${name}`;

/**
 * What a change of pods costs a flow is the time between the end of a pod's answers and the moment
 * when kube-proxy, which waits a second between two looks, has sent the flow elsewhere.
 */
const HANDED_ON = { lost: 300, silentMs: 3000 };

test("a roll-out of all directors leaves a flow's session alive", { skip }, async () => {
  const old = await pods();
  const report = await underFlow(stack, address, async () => {
    await workspace.configure({ tokenTtl: 31 });
    succeeded(await workspace.up());
    // The provider does not wait for pods that leave.
    await settled(old);
  });
  assertAlive(report, { lost: 2 * HANDED_ON.lost, silentMs: HANDED_ON.silentMs });
});

test("a director's pod that is deleted hands its flow on", { skip }, async () => {
  // One of the two has the flow.
  for (const name of await pods()) {
    const report = await underFlow(stack, address, async () => {
      await stack.kubectl("delete", "-n", "games", pod(name));
      await settled([name]);
    });
    assertAlive(report, HANDED_ON);
  }
});

test("a director's pod that is killed loses no session", { skip }, async () => {
  for (const name of await pods()) {
    const report = await underFlow(stack, address, async () => {
      await stack.kubectl("delete", "-n", "games", pod(name), "--force", "--grace-period=0");
      await settled([name]);
    });
    assertAlive(report, HANDED_ON);
  }
});
