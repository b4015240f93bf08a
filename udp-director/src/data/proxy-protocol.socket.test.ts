import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { query } from "../client/index.ts";
import type { DirectorConfigInput } from "../config/schema.ts";
import { hostPort } from "../net/addresses.ts";
import { readProxyHeader } from "../protocol/proxy-header.ts";
import { echoResource, type TestDirector, testConfig, testDirector } from "../testing/director.ts";
import { prelude, tcpBackend, tcpClient } from "../testing/tcp.ts";

/** What a backend is told of its client, over UDP and TCP. */

const wanted = (version: string) => ({
  resourceType: "echo",
  namespace: "local",
  labelSelector: { version },
});
const MAPPING = { group: "", version: "v1", resource: "pods", addressPath: "status.address" };
const MAGIC = Buffer.from("FFFFFFFF5245534554", "hex");
const within = () => ({ signal: AbortSignal.timeout(20_000) });

async function bound(t: TestContext, address = "127.0.0.1"): Promise<Socket> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4").bind(0, address);
  await once(socket, "listening", within());
  t.after(() => socket.close());
  return socket;
}

const endpoint = (socket: Socket) => hostPort(socket.address().address, socket.address().port);

/** The next packet as `client > where: payload`, without the first part where there is no header. */
async function told(backend: Socket): Promise<string> {
  const [packet] = (await once(backend, "message", within())) as [Buffer];
  const read = readProxyHeader(packet);
  if (typeof read === "string") return packet.toString();
  const { source, destination } = read.header ?? assert.fail("a header without a client");
  const from = source.address.replace("0:0:0:0:0:0:0:", "::");
  const to = destination.address.replace("0:0:0:0:0:0:0:", "::");
  const both = `${hostPort(from, source.port)} > ${hostPort(to, destination.port)}`;
  return `${both}: ${packet.subarray(read.end)}`;
}

async function setting(
  t: TestContext,
  mapping: { proxyProtocol?: "v2" | "off"; proxyProtocolUdp?: "every" | "first" },
  ports: Record<string, number>,
  input: Partial<DirectorConfigInput> = {},
): Promise<TestDirector> {
  const resources = Object.entries(ports).map(([name, port]) => echoResource(name, port));
  return testDirector(
    t,
    testConfig(resources, {
      resourceQueryMapping: { echo: { ...MAPPING, portName: "udp", ...mapping } },
      ...input,
    }),
  );
}

test("every datagram names the client, also after a move and from its new socket", async (t) => {
  const [a, b] = [await bound(t), await bound(t)];
  const ports = { a: a.address().port, b: b.address().port };
  const input = { listen: ["127.0.0.1", "::1"], tokens: { resume: "any" as const } };
  const director = await setting(t, { proxyProtocol: "v2" }, ports, input);
  const { dataPort } = director;
  const client = await bound(t);
  const ask = async (from: Socket, backend: Socket, text: string) => {
    const heard = told(backend);
    const to = from.address().family === "IPv6" ? "::1" : "127.0.0.1";
    from.send(text, dataPort, to);
    assert.equal(await heard, `${endpoint(from)} > ${hostPort(to, dataPort)}: ${text}`);
  };
  client.send((await query(director.at, wanted("a"))).token, dataPort, "127.0.0.1");
  for (const text of ["1", "", "3"]) await ask(client, a, text);
  const { token } = await query(director.at, wanted("b"));
  client.send(Buffer.concat([MAGIC, Buffer.from(token)]), dataPort, "127.0.0.1");
  await ask(client, b, "4");
  const fresh = await bound(t, "::1");
  fresh.send(Buffer.concat([MAGIC, Buffer.from(token)]), dataPort, "::1");
  await ask(fresh, b, "5");
  // Replies have no header: clients do not know of it.
  const [, from] = await (async () => {
    const heard = once(b, "message", within());
    fresh.send("6", dataPort, "::1");
    return (await heard) as [Buffer, { port: number }];
  })();
  const reply = once(fresh, "message", within());
  b.send("reply", from.port, "127.0.0.1");
  assert.equal(String((await reply)[0]), "reply");
});

test("only the first datagram names the client where that is asked for, and that of a move", async (t) => {
  const [a, b] = [await bound(t), await bound(t)];
  const ports = { a: a.address().port, b: b.address().port };
  const mapping = { proxyProtocol: "v2", proxyProtocolUdp: "first" } as const;
  const input = { tokens: { resume: "sameAddress" as const } };
  const director = await setting(t, mapping, ports, input);
  const { dataPort } = director;
  const client = await bound(t);
  const next = async (backend: Socket, text: string, from = client) => {
    const heard = told(backend);
    from.send(text, dataPort, "127.0.0.1");
    return heard;
  };
  const named = (text: string, from = client) =>
    `${endpoint(from)} > 127.0.0.1:${dataPort}: ${text}`;
  client.send((await query(director.at, wanted("a"))).token, dataPort, "127.0.0.1");
  assert.equal(await next(a, "1"), named("1"));
  assert.equal(await next(a, "2"), "2");
  const { token } = await query(director.at, wanted("b"));
  client.send(Buffer.concat([MAGIC, Buffer.from(token)]), dataPort, "127.0.0.1");
  assert.equal(await next(b, "3"), named("3"));
  assert.equal(await next(b, "4"), "4");
  const fresh = await bound(t);
  fresh.send(token, dataPort, "127.0.0.1");
  assert.equal(await next(b, "5", fresh), named("5", fresh));
  assert.equal(await next(b, "6", fresh), "6");
});

test("an annotation of a backend has the last word; sealed tokens know of it", async (t) => {
  const [a, b] = [await bound(t), await bound(t)];
  const annotate = (name: string, socket: Socket, value: string) => ({
    ...echoResource(name, socket.address().port),
    annotations: { "udp-director.io/proxy-protocol": value },
  });
  const config = (proxyProtocol: "v2" | "off") =>
    testConfig([annotate("a", a, "v2"), annotate("b", b, "off")], {
      resourceQueryMapping: { echo: { ...MAPPING, portName: "udp", proxyProtocol } },
      tokens: { kind: "sealed", keys: [{ id: "k", secret: "a".repeat(64) }] },
    });
  for (const value of ["v2", "off"] as const) {
    const director = await testDirector(t, config(value));
    for (const [name, backend] of Object.entries({ a, b })) {
      const client = await bound(t);
      const heard = told(backend);
      client.send((await query(director.at, wanted(name))).token, director.dataPort, "127.0.0.1");
      client.send("x", director.dataPort, "127.0.0.1");
      const text = await heard;
      assert.equal(text === "x", name === "b", `${value}: ${name} heard ${text}`);
    }
  }
});

test("a TCP connection begins with the client's address, before what it says", async (t) => {
  const a = await tcpBackend(t);
  const dataPorts = [{ port: 7777, protocol: "tcp", name: "chat" } as const];
  const input = { dataPorts, listen: ["::1"] };
  const director = await setting(t, { proxyProtocol: "v2" }, { a: a.port }, input);
  const client = await tcpClient(t, director.dataPort, "::1");
  const { token } = await query(director.at, wanted("a"));
  client.send(Buffer.concat([prelude(token), Buffer.from("hello")]));
  const peer = await a.peer(0);
  await peer.until("all has come", () => peer.heard.endsWith("hello"));
  const read = readProxyHeader(Buffer.from(peer.heard, "latin1"));
  assert.ok(typeof read === "object");
  const one = "0:0:0:0:0:0:0:1";
  assert.deepEqual(read.header, {
    transport: "tcp",
    source: { address: one, port: client.socket.localPort },
    destination: { address: one, port: director.dataPort },
  });
  assert.equal(peer.heard.slice(read.end), "hello");
});
