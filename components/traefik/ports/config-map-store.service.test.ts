import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { ApiServer, clusterTools } from "../../../simulation/cluster/index.ts";
import { Protocol } from "../../endpoint/index.ts";
import type { CreateRequest } from "../../provider/index.ts";
import { CONFIG_MAP, configMapStore } from "./config-map-store.ts";
import { allocationHandler } from "./handler.ts";
import type { PoolPlace } from "./store.ts";

const TYPE = "udp-ports:index:Allocation";
const tools = await clusterTools(() => {});

describe("ports in a ConfigMap of a real API server", {
  skip: "missing" in tools ? tools.missing : false,
}, () => {
  let cluster: ApiServer;
  let place: PoolPlace;
  let api: CoreV1Api;

  before(async () => {
    assert.ok(!("missing" in tools));
    cluster = await ApiServer.start(tools);
    await cluster.createNamespace("traefik");
    const kubeconfig = await readFile(await cluster.adminKubeconfig(), "utf8");
    place = { namespace: "traefik", protocol: Protocol.Udp, kubeconfig };
    const config = new KubeConfig();
    config.loadFromString(kubeconfig);
    api = config.makeApiClient(CoreV1Api);
  });
  after(() => cluster?.close());

  /** As if each came from a run of its own, at the same time. */
  const allocation = (name: string) => {
    const store = configMapStore();
    const handler = allocationHandler(
      store,
      () => 1000,
      () => {},
    );
    const ref = { urn: `urn:pulumi:${name}::p::${TYPE}::route`, type: TYPE, name: "route" };
    const call = { timeoutSeconds: 0, signal: new AbortController().signal };
    const inputs = {
      namespace: place.namespace,
      protocol: place.protocol,
      kubeconfig: place.kubeconfig,
      from: 11_000,
      to: 11_019,
      reserved: [],
      quarantineSeconds: 60,
    };
    const request: CreateRequest = { ...ref, ...call, inputs, preview: false };
    return {
      create: async () => handler.create(request),
      remove: async (id: string) => handler.delete({ ...ref, ...call, id, inputs, outputs: {} }),
      read: async (id: string) => handler.read({ ...ref, id, inputs, outputs: {} }),
    };
  };

  test("twenty stacks that allocate at once get twenty ports", async () => {
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, n) => allocation(`stack${n}`).create()),
    );
    const ports = made.map(({ outputs }) => Number(outputs.port));
    assert.deepEqual(
      [...ports].sort(),
      Array.from({ length: 20 }, (_, n) => 11_000 + n),
    );
    // Asked again, each has its own.
    const again = await allocation("stack7").create();
    assert.equal(again.outputs.port, ports[7]);
    await assert.rejects(allocation("stack20").create(), /no port of 11000 to 11019 is free/);
  });

  test("what is given back rests, and can be seen with kubectl", async () => {
    const mine = allocation("stack3");
    const { id } = await mine.create();
    assert.ok(await mine.read(id));
    await mine.remove(id);
    assert.equal(await mine.read(id), undefined);
    const { data = {} } = await api.readNamespacedConfigMap({
      name: CONFIG_MAP,
      namespace: "traefik",
    });
    const entry = JSON.parse(data[id.split("/")[1] ?? ""] ?? "{}");
    assert.match(entry.owner, /stack3/);
    assert.equal(entry.releasedAt, 1000);
    await assert.rejects(allocation("stack20").create(), /no port .* is free/);
  });

  test("what others keep in the ConfigMap stays", async () => {
    const found = await api.readNamespacedConfigMap({ name: CONFIG_MAP, namespace: "traefik" });
    await api.replaceNamespacedConfigMap({
      name: CONFIG_MAP,
      namespace: "traefik",
      body: { ...found, data: { ...found.data, "tcp-10000": "the old MySQL", note: "x" } },
    });
    await allocation("stack3").create();
    const { data } = await api.readNamespacedConfigMap({ name: CONFIG_MAP, namespace: "traefik" });
    assert.equal(data?.["tcp-10000"], "the old MySQL");
    assert.equal(data?.note, "x");
    const table = await configMapStore().read({ ...place, protocol: Protocol.Tcp });
    assert.equal(table.get(10_000)?.owner, "the old MySQL");
  });
});
