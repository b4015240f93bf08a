import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import {
  ApiServer,
  clusterTools,
  GAME_SERVER_CRD,
  type Json,
} from "../../../simulation/cluster/index.ts";
import { DirectorConnection, DirectorRefusal, query } from "../client/index.ts";
import type { ResourceMapping } from "../config/schema.ts";
import type { BackendChange } from "../discovery/changes.ts";
import { KubernetesDiscovery } from "../discovery/kubernetes-discovery.ts";
import { accepting } from "../retarget/backends.ts";
import { eventually, gameMapping, gameServer, gamesIn } from "../testing/cluster.ts";
import { testConfig, testDirector, testEcho } from "../testing/director.ts";
import { ClusterApi } from "./cluster-api.ts";

const tools = await clusterTools((line) => console.log(line));
const skip = "missing" in tools ? tools.missing : false;
let cluster: ApiServer;

before(async () => {
  if ("missing" in tools) return;
  cluster = await ApiServer.start(tools);
  await cluster.defineResource(GAME_SERVER_CRD);
  for (const namespace of ["games", "lobby", "secret"]) await cluster.createNamespace(namespace);
});
after(() => cluster?.close());

const podMapping = {
  ...{ group: "", version: "v1", resource: "pods" },
  ...{ addressPath: "status.podIP", portName: "udp" },
};
const podsIn = (namespace: string) => `/api/v1/namespaces/${namespace}/pods`;

async function createGameServer(t: TestContext, namespace: string, server: Json): Promise<string> {
  await cluster.admin.create(gamesIn(namespace), server);
  const path = `${gamesIn(namespace)}/${server.metadata.name}`;
  t.after(() => cluster.admin.delete(path).catch(() => undefined));
  return path;
}

async function createPod(t: TestContext, name: string): Promise<string> {
  const containers = [{ name: "main", image: "none", ports: [{ name: "udp", containerPort: 7 }] }];
  await cluster.admin.create(podsIn("games"), { metadata: { name }, spec: { containers } });
  const path = `${podsIn("games")}/${name}`;
  t.after(() => cluster.admin.delete(path).catch(() => undefined));
  return path;
}

const ready = (status: "True" | "False") => ({
  status: { podIP: "10.1.0.1", conditions: [{ type: "Ready", status }] },
});

/** Kubernetes discovery alone, with its words and changes at hand. */
async function discoverWith(
  t: TestContext,
  kubeconfig: string,
  mappings: Record<string, ResourceMapping>,
  wait = true,
) {
  const problems: string[] = [];
  const requests: boolean[] = [];
  const changes: string[] = [];
  const discovery = new KubernetesDiscovery(
    { namespaces: ["games"], kubeconfig, resyncSeconds: 600 },
    {
      api: new ClusterApi(kubeconfig),
      mappings,
      report: {
        info: () => undefined,
        problem: (_kind, message) => void problems.push(message),
        apiRequest: (_type, ok) => void requests.push(ok),
      },
      now: () => performance.now(),
      random: Math.random,
    },
  );
  t.after(() => discovery.close());
  discovery.onChange((change: BackendChange) => {
    const why = change.kind === "draining" ? ` (${change.reason})` : "";
    changes.push(`${change.kind} ${change.resource}${why}`);
  });
  await discovery.start();
  if (wait) await discovery.whenReady;
  const source = accepting(discovery);
  const names = (type: string) => source.list(type, "games").map((one) => one.metadata.name);
  return { discovery, problems, requests, changes, names };
}

test("game servers: packets reach the matching one, a label moves the next query", {
  skip,
}, async (t) => {
  const a = await testEcho(t, "a");
  const b = await testEcho(t, "b");
  const pathA = await createGameServer(t, "games", gameServer("a", a.port, { map: "de" }));
  const pathB = await createGameServer(t, "lobby", gameServer("b", b.port, { map: "fr" }));
  await createGameServer(t, "secret", gameServer("c", b.port, { map: "de" }));
  const kubeconfig = await cluster.adminKubeconfig();
  const director = await testDirector(
    t,
    testConfig([], {
      resourceQueryMapping: { gameserver: gameMapping },
      discovery: { kubernetes: { namespaces: ["games", "lobby"], kubeconfig } },
    }),
  );
  const ask = (namespace: string, map: string) =>
    query(director.at, {
      ...{ resourceType: "gameserver", namespace, labelSelector: { map } },
      statusQuery: { jsonPath: "status.state", expectedValues: ["Ready"] },
    });
  const echoOf = async (namespace: string, map: string) => {
    const { token } = await ask(namespace, map);
    const at = { host: director.at.host, dataPort: director.dataPort, token };
    const connection = await DirectorConnection.open(at);
    try {
      connection.send("hello");
      return (await connection.receive()).toString();
    } finally {
      connection.close();
    }
  };
  assert.equal(await echoOf("games", "de"), "a hello");
  assert.equal(await echoOf("lobby", "fr"), "b hello");
  await assert.rejects(ask("secret", "de"), new DirectorRefusal("No matching resources found"));

  const series = 'udp_director_k8s_queries_total{resource_type="gameserver",status="success"}';
  assert.equal(await director.metric(series), 4);
  for (let i = 0; i < 100; i++) await ask("games", "de");
  assert.equal(await director.metric(series), 4);
  const available = "udp_director_available_resources";
  const games = `${available}{resource_type="gameserver",namespace="games"}`;
  assert.equal(await director.metric(games), 1);

  await cluster.admin.merge(pathA, { metadata: { labels: { map: "es" } } });
  await cluster.admin.merge(pathB, { status: { ports: [{ name: "default", port: a.port }] } });
  const changedAt = performance.now();
  const answer = (map: string) => echoOf("games", map).catch((error: Error) => error.message);
  await eventually("the new label is seen", () => answer("es"), "a hello");
  t.diagnostic(`a changed label was seen in ${Math.round(performance.now() - changedAt)} ms`);
  assert.equal(await answer("de"), "No matching resources found");
  await eventually("the new port is seen", () => echoOf("lobby", "fr"), "a hello");
});

test("pods: only ready ones, until they drain or end, and each change is told", {
  skip,
}, async (t) => {
  const kubeconfig = await cluster.adminKubeconfig();
  const { names, changes } = await discoverWith(t, kubeconfig, { pod: podMapping });
  const path = await createPod(t, "one");
  await eventually("a pod without status is left out", () => names("pod"), []);
  await cluster.admin.merge(`${path}/status`, ready("False"));
  await cluster.admin.merge(`${path}/status`, ready("True"));
  await eventually("a ready pod is there", () => names("pod"), ["one"]);
  await cluster.admin.merge(`${path}/status`, ready("False"));
  await eventually("one that is no longer ready is not", () => names("pod"), []);
  await cluster.admin.merge(`${path}/status`, ready("True"));
  await eventually("it comes back", () => names("pod"), ["one"]);
  const label = { "udp-director.io/draining": "true" };
  await cluster.admin.merge(path, { metadata: { labels: label } });
  await eventually("a drained one is left out", () => names("pod"), []);
  await cluster.admin.delete(path);
  const told = [
    "added pod/games/one",
    "draining pod/games/one (not_ready)",
    "added pod/games/one",
    "draining pod/games/one (marked)",
  ];
  await eventually("it is gone", () => changes.at(-1), "removed pod/games/one");
  assert.deepEqual(changes.slice(0, 4), told);
});

test("service mode reads the cluster IP and the named port of the resource's Service", {
  skip,
}, async (t) => {
  const kubeconfig = await cluster.adminKubeconfig();
  await createGameServer(t, "games", gameServer("with", 1));
  await createGameServer(t, "games", gameServer("without", 1, { without: "yes" }));
  await cluster.admin.create("/api/v1/namespaces/games/services", {
    metadata: { name: "svc", labels: { server: "with" } },
    spec: { ports: [{ name: "game", port: 7070, protocol: "UDP" }] },
  });
  const { clusterIP } = (await cluster.admin.get("/api/v1/namespaces/games/services/svc")).spec;
  const { portName: _p, addressPath: _a, ...resource } = gameMapping;
  const director = await testDirector(
    t,
    testConfig([], {
      dataPorts: [{ port: 7777, protocol: "udp", name: "default" }],
      resourceQueryMapping: {
        game: { ...resource, serviceSelectorLabel: "server", serviceTargetPortName: "game" },
      },
      discovery: { kubernetes: { namespaces: ["games"], kubeconfig } },
    }),
  );
  const wanted = { resourceType: "game", namespace: "games" };
  assert.ok((await query(director.at, wanted)).token);
  await assert.rejects(
    query(director.at, { ...wanted, labelSelector: { without: "yes" } }),
    new DirectorRefusal("No service found for resource: without"),
  );
  assert.match(clusterIP, /^10\.0\.0\./);
});

test("kill -9 of the API server: queries go on, what changed meanwhile is seen after", {
  skip,
}, async (t) => {
  const kubeconfig = await cluster.adminKubeconfig();
  const { names, problems, discovery } = await discoverWith(t, kubeconfig, { game: gameMapping });
  await createGameServer(t, "games", gameServer("before", 1));
  await eventually("the first one is seen", () => names("game"), ["before"]);
  await cluster.killApi();
  assert.deepEqual(names("game"), ["before"]);
  await eventually("one line says so", () => problems.length, 1);
  assert.match(problems[0] ?? "", /^cannot watch gameservers\.agones\.dev in games: .*; the last/);
  assert.equal(discovery.ready, true);
  await cluster.startApi();
  const startedAt = performance.now();
  await createGameServer(t, "games", gameServer("later", 1));
  await eventually("the later one is seen", () => names("game"), ["before", "later"]);
  t.diagnostic(`caught up ${Math.round(performance.now() - startedAt)} ms after the restart`);
});

test("410 Gone: a version that etcd has compacted away leads to a new list", {
  skip,
}, async (t) => {
  const kubeconfig = await cluster.adminKubeconfig();
  const { names, requests, changes } = await discoverWith(t, kubeconfig, { game: gameMapping });
  const path = await createGameServer(t, "games", gameServer("old", 1));
  await eventually("the first one is seen", () => names("game"), ["old"]);
  const opened = requests.length;
  await cluster.killApi();
  // The API server is down for the watch, not for us: a second one could write meanwhile.
  await cluster.startApi();
  await cluster.admin.delete(path);
  for (let i = 0; i < 5; i++) {
    await createGameServer(t, "secret", gameServer(`noise-${i}`, 1));
  }
  await cluster.compact();
  await cluster.killApi();
  await cluster.startApi();
  await createGameServer(t, "games", gameServer("new", 1));
  await eventually("the list is the new one", () => names("game"), ["new"]);
  assert.ok(requests.length > opened);
  assert.ok(changes.includes("removed game/games/old"), changes.join());
});

test("RBAC: denied is one line and not ready; once granted it works by itself", {
  skip,
}, async (t) => {
  const kubeconfig = await cluster.serviceAccountKubeconfig("games", "director");
  const found = await discoverWith(t, kubeconfig, { game: gameMapping }, false);
  const { discovery, problems, requests, names } = found;
  await eventually("it tries again", () => requests.length > 2, true);
  assert.equal(discovery.ready, false);
  assert.equal(problems.length, 1);
  assert.match(
    problems[0] ?? "",
    /^may not watch gameservers\.agones\.dev in games: .*; grant it get, list and watch there; not ready/,
  );
  const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/games";
  const verbs = ["get", "list", "watch"];
  const rules = [{ apiGroups: ["agones.dev"], resources: ["gameservers"], verbs }];
  await cluster.admin.create(`${rbac}/roles`, { metadata: { name: "director" }, rules });
  await cluster.admin.create(`${rbac}/rolebindings`, {
    metadata: { name: "director" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "director" },
    subjects: [{ kind: "ServiceAccount", name: "director", namespace: "games" }],
  });
  await createGameServer(t, "games", gameServer("granted", 1));
  await discovery.whenReady;
  await eventually("the list is there", () => names("game").includes("granted"), true);
});

test("a type that the cluster does not know is a line that says so", { skip }, async (t) => {
  const kubeconfig = await cluster.adminKubeconfig();
  const unknown = { ...gameMapping, resource: "gameservices" };
  const { problems, discovery } = await discoverWith(t, kubeconfig, { unknown }, false);
  assert.match(problems[0] ?? "", /has no gameservices.* in agones\.dev\/v1; is its definition/);
  assert.equal(discovery.ready, false);
});
