import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { after, before, type TestContext, test } from "node:test";
import { ApiServer, clusterTools, GAME_SERVER_CRD } from "../../../simulation/cluster/index.ts";
import { query } from "../client/index.ts";
import type { DirectorConfigInput } from "../config/schema.ts";
import { eventually, gameMapping, gameServer, gamesIn } from "../testing/cluster.ts";
import { type TestDirector, testConfig, testDirector, testEcho } from "../testing/director.ts";

/** How backends are read from real objects: several ports, address types, endpoints of Services. */

const tools = await clusterTools((line) => console.log(line));
const skip = "missing" in tools ? tools.missing : false;
let cluster: ApiServer;

before(async () => {
  if ("missing" in tools) return;
  cluster = await ApiServer.start(tools);
  await cluster.defineResource(GAME_SERVER_CRD);
  await cluster.createNamespace("games");
});
after(() => cluster?.close());

const wanted = { resourceType: "game", namespace: "games" };
const TWO_PORTS: DirectorConfigInput["dataPorts"] = [
  { port: 7777, protocol: "udp", name: "game" },
  { port: 7778, protocol: "udp", name: "voice" },
];

async function directorOver(
  t: TestContext,
  mapping: DirectorConfigInput["resourceQueryMapping"][string],
  input: Partial<DirectorConfigInput> = {},
): Promise<TestDirector> {
  const kubeconfig = await cluster.adminKubeconfig();
  const config = testConfig([], {
    resourceQueryMapping: { game: mapping },
    discovery: { kubernetes: { namespaces: ["games"], kubeconfig } },
    ...input,
  });
  return testDirector(t, config);
}

type Named = { readonly metadata: { readonly name: string } };

async function create<T extends Named>(t: TestContext, path: string, object: T) {
  await cluster.admin.create(path, object);
  const own = `${path}/${object.metadata.name}`;
  t.after(() => cluster.admin.delete(own).catch(() => undefined));
  return own;
}

/** Sends from one socket to a data port until it is answered. */
async function ask(t: TestContext, port: number, text: string, first?: string) {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  t.after(() => socket.close());
  if (first !== undefined) socket.send(first, port, "127.0.0.1");
  const say = async (to: number) => {
    const reply = once(socket, "message", { signal: AbortSignal.timeout(10_000) });
    socket.send(text, to, "127.0.0.1");
    return String((await reply)[0]);
  };
  return { say, answer: await say(port) };
}

test("a game server with two ports is one session: each data port reaches its own", {
  skip,
}, async (t) => {
  const game = await testEcho(t, "game");
  const voice = await testEcho(t, "voice");
  const server = gameServer("two", game.port);
  server.status.ports.push({ name: "chat", port: voice.port });
  await create(t, gamesIn("games"), server);
  const { group, version, resource, addressPath } = gameMapping;
  const ports = [
    { name: "game", portName: "default" },
    { name: "voice", portPath: "$.status.ports[?@.name=='chat'].port" },
  ];
  const mapping = { group, version, resource, addressPath, ports };
  const director = await directorOver(t, mapping, { dataPorts: TWO_PORTS });
  const grant = await query(director.at, wanted);
  assert.equal(grant.address, "127.0.0.1");
  assert.deepEqual(grant.ports, { game: game.port, voice: voice.port });
  const { game: gamePort = 0, voice: voicePort = 0 } = director.dataPorts;
  const { answer, say } = await ask(t, gamePort, "x", grant.token);
  assert.equal(answer, "game x");
  assert.equal(await say(voicePort), "voice x");
  assert.equal(await director.metric("udp_director_active_sessions"), 1);
});

test("of several addresses the one of the mapped type is taken", { skip }, async (t) => {
  const echo = await testEcho(t, "pod");
  const server = gameServer("typed", echo.port);
  const addresses = [
    { type: "Hostname", address: "node-1.example.com" },
    { type: "InternalIP", address: "192.0.2.1" },
    { type: "PodIP", address: "127.0.0.1" },
  ];
  await create(t, gamesIn("games"), { ...server, status: { ...server.status, addresses } });
  const list = { ...gameMapping, addressPath: "status.addresses" };
  const director = await directorOver(t, { ...list, addressType: "PodIP" });
  const { token } = await query(director.at, wanted);
  assert.equal((await ask(t, director.dataPort, "x", token)).answer, "pod x");
  const none = await directorOver(t, { ...list, addressType: "ExternalIP" });
  await assert.rejects(query(none.at, wanted), {
    message: "Failed to extract address: no entry of type ExternalIP at status.addresses",
  });
  const byName = await directorOver(t, { ...list, addressType: "Hostname" });
  await assert.rejects(query(byName.at, wanted), { message: /^Failed to extract address/ });
});

const SLICES = "/apis/discovery.k8s.io/v1/namespaces/games/endpointslices";
const endpoint = (name: string, address: string, conditions: object = {}) => ({
  addresses: [address],
  conditions: { ready: true, serving: true, terminating: false, ...conditions },
  targetRef: { kind: "Pod", name, namespace: "games" },
  zone: name === "pod-a" ? "eu-1" : "eu-2",
});
const slice = (name: string, addressType: string, endpoints: object[], port: number) => ({
  ...{ apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", addressType, endpoints },
  metadata: { name, labels: { "kubernetes.io/service-name": "svc" } },
  ports: [
    { name: "metrics", port: 9090, protocol: "TCP" },
    { name: "game", port, protocol: "UDP" },
  ],
});

test("endpoints of a Service: each is a backend, and its sessions leave with it", {
  skip,
}, async (t) => {
  await create(t, gamesIn("games"), gameServer("match", 1, { map: "de" }));
  await create(t, "/api/v1/namespaces/games/services", {
    metadata: { name: "svc", labels: { server: "match" } },
    spec: { ports: [{ name: "game", port: 7070, protocol: "UDP" }] },
  });
  const a = endpoint("pod-a", "10.1.0.1");
  const b = endpoint("pod-b", "10.1.0.2");
  const four = await create(t, SLICES, slice("four", "IPv4", [a, b], 7171));
  await create(t, SLICES, slice("six", "IPv6", [endpoint("pod-a", "2001:db8::1")], 7171));
  const { portName: _p, addressPath: _a, ...resource } = gameMapping;
  const names = { serviceSelectorLabel: "server", serviceTargetPortName: "game" };
  const mapping = { ...resource, ...names, serviceEndpoints: "endpoints" } as const;
  const director = await directorOver(t, mapping, {
    loadBalancing: { type: "leastSessions" },
    rehome: { goneSeconds: 0 },
    admin: {},
  });
  const sessions = async () => {
    const response = await fetch(`http://127.0.0.1:${director.adminPort}/v1/sessions`);
    const { sessions: all } = (await response.json()) as {
      sessions: { resource: string; backendAddress: string }[];
    };
    return all.map((one) => `${one.resource} ${one.backendAddress}`).sort();
  };
  // Only tokens are sent, which the director keeps: no packet goes to these addresses.
  const open = async (more: object = {}) => {
    const { token } = await query(director.at, { ...wanted, ...more });
    const socket = createSocket("udp4");
    t.after(() => socket.close());
    socket.send(token, director.dataPort, "127.0.0.1");
  };
  const onA = "game/games/match@pod-a 10.1.0.1";
  const onB = "game/games/match@pod-b 10.1.0.2";
  await open({ labelSelector: { map: "de" } });
  await eventually("the first session is on the first pod", sessions, [onA]);
  await open();
  await eventually("the second one on the other", sessions, [onA, onB]);
  const zone = { statusQuery: { jsonPath: "endpoint.zone", expectedValues: ["eu-2"] } };
  await open(zone);
  await eventually("a query may ask for the zone", sessions, [onA, onB, onB]);

  const terminating = { ready: false, serving: true, terminating: true };
  await cluster.admin.merge(four, { endpoints: [endpoint("pod-a", "10.1.0.1", terminating), b] });
  await eventually("a terminating pod's sessions move", sessions, [onB, onB, onB]);
  const c = endpoint("pod-c", "10.1.0.3");
  const late = endpoint("pod-b", "10.1.0.2", { ready: false, serving: false });
  await cluster.admin.merge(four, { endpoints: [late, c] });
  const onC = "game/games/match@pod-c 10.1.0.3";
  const six = "game/games/match@pod-a 2001:db8::1";
  await eventually(
    "so do those of one that is not ready",
    async () => (await sessions()).every((one) => one === onC || one === six),
    true,
  );
  await cluster.admin.merge(four, { endpoints: [] });
  await eventually("the other address type is left; a zone is a zone", sessions, [six, six, onC]);
});
