import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { ApiServer, clusterTools } from "./cluster/index.ts";
import { openWorkspace } from "./engine/index.ts";
import { changesOf, succeeded } from "./testing/life-cycle.ts";

const projectDir = path.join(import.meta.dirname, "test-program", "ports");
const TABLE = "/api/v1/namespaces/traefik/configmaps/udp-port-allocations";
const tools = await clusterTools(() => {});
const skip = "missing" in tools ? tools.missing : false;

test("ports of a gateway on the real engine and a real API server", { skip }, async (t) => {
  assert.ok(!("missing" in tools));
  const cluster = await ApiServer.start(tools);
  t.after(() => cluster.close());
  await cluster.createNamespace("traefik");
  const kubeconfig = await cluster.adminKubeconfig();
  const stack = (name: string) => openWorkspace({ projectDir, stack: name, timeoutMs: 120_000 });
  await using mine = await stack("mine");
  await using theirs = await stack("theirs");
  const portsOf = async (workspace: typeof mine) =>
    (await workspace.outputs()).ports as Record<string, number>;
  const up = async (workspace: typeof mine, routes: readonly string[]) => {
    await workspace.configure({ kubeconfig, routes: JSON.stringify(routes) });
    const result = succeeded(await workspace.up());
    return { steps: changesOf(result), ports: await portsOf(workspace) };
  };

  await t.test("a preview takes none, and shows what up then gives", async () => {
    await mine.configure({ kubeconfig, routes: JSON.stringify(["a", "b", "c"]) });
    const { terminal } = succeeded(await mine.preview());
    await assert.rejects(cluster.admin.get(TABLE), /404|not found/i);
    const { ports } = await up(mine, ["a", "b", "c"]);
    for (const [name, port] of Object.entries(ports)) {
      assert.match(terminal, new RegExp(`${name}\\s*: ${port}`));
    }
  });

  await t.test("two stacks at once get ports of their own, past the reserved one", async () => {
    const [one, two] = await Promise.all([up(mine, ["a", "b", "d"]), up(theirs, ["a", "b", "d"])]);
    const all = [one, two].flatMap(({ ports }) => Object.values(ports));
    assert.equal(new Set(all).size, 6);
    assert.ok(!all.includes(11_001));
  });

  await t.test("a route more or less moves nobody, and one that returns has its port", async () => {
    const before = await portsOf(mine);
    const more = await up(mine, ["0", "a", "b", "d"]);
    assert.deepEqual(more.steps, ["create Allocation 0"]);
    assert.deepEqual(more.ports, { ...before, 0: more.ports[0] });
    const less = await up(mine, ["0", "b", "d"]);
    assert.deepEqual(less.steps, ["delete Allocation a"]);
    assert.deepEqual(less.ports, { 0: more.ports[0], b: before.b, d: before.d });
    assert.deepEqual((await up(mine, ["0", "a", "b", "d"])).ports, more.ports);
  });

  await t.test(
    "an entry that somebody took away is seen by a refresh and taken again",
    async () => {
      const before = await portsOf(mine);
      await cluster.admin.merge(TABLE, { data: { [`udp-${before.b}`]: null } });
      const { steps } = succeeded(await mine.refresh());
      assert.ok(steps.some(({ operation, name }) => operation === "delete" && name === "b"));
      assert.deepEqual((await up(mine, ["0", "a", "b", "d"])).steps, ["create Allocation b"]);
    },
  );

  await t.test("destroy gives everything back", async () => {
    succeeded(await mine.destroy());
    succeeded(await theirs.destroy());
    const { data = {} } = (await cluster.admin.get(TABLE)) as { data?: Record<string, string> };
    assert.ok(Object.values(data).every((text) => JSON.parse(text).releasedAt !== undefined));
  });
});
