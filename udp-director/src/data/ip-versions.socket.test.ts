import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { query } from "../client/index.ts";
import { echoResource, testConfig, testDirector } from "../testing/director.ts";
import { prelude, tcpBackend, tcpClient } from "../testing/tcp.ts";

/** Whole paths over IPv4 and IPv6, on either side: order, sizes and bytes, both ways. */

const within = () => ({ signal: AbortSignal.timeout(20_000) });
const PATHS = [
  ["127.0.0.1", "127.0.0.1"],
  ["::1", "::1"],
  ["::1", "127.0.0.1"],
  ["127.0.0.1", "::1"],
] as const;
/** QUIC's smallest maximum (RFC 9000 section 14), Ethernet's largest payload, a jumbo frame's. */
const SIZES = [1200, 1452, 1472, 8972, 9000];
const PACKETS = 200;

const version = (address: string) => (address.includes(":") ? "IPv6" : "IPv4");

async function bound(t: TestContext, address: string): Promise<Socket> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4").bind(0, address);
  await once(socket, "listening", within());
  t.after(() => socket.close());
  return socket;
}

/** A director on one address in front of a backend on another. */
async function director(t: TestContext, host: string, backend: string, port: number) {
  const made = await testDirector(
    t,
    testConfig([echoResource("a", port, backend)], {
      listen: [host],
      dataPorts: [
        { port: 7777, protocol: "udp", name: "game" },
        { port: 7777, protocol: "tcp", name: "chat" },
      ],
    }),
  );
  const { token } = await query(made.at, { resourceType: "echo", namespace: "local" });
  return { token, game: made.dataPorts.game ?? 0, chat: made.dataPorts.chat ?? 0 };
}

/** Sends numbered packets, a few at a time so that no buffer overflows, and checks their order. */
async function inOrder(send: (text: string) => void, to: Socket) {
  const got: number[] = [];
  let arrived = () => undefined as unknown;
  const listen = (payload: Buffer) => {
    got.push(Number(String(payload)));
    arrived();
  };
  to.on("message", listen);
  for (let next = 0; next < PACKETS; next += 20) {
    const wanted = next + 20;
    const all = new Promise<void>((resolve, reject) => {
      const late = () => reject(new Error(`${got.length} of ${wanted}`));
      const timer = setTimeout(late, 20_000);
      arrived = () => {
        if (got.length < wanted) return;
        clearTimeout(timer);
        resolve();
      };
    });
    for (let n = next; n < wanted; n++) send(String(n));
    await all;
  }
  to.off("message", listen);
  assert.deepEqual(
    got,
    Array.from({ length: PACKETS }, (_, n) => n),
  );
}

for (const [host, backendHost] of PATHS) {
  const path = `${version(host)} client, ${version(backendHost)} backend`;

  test(`UDP, ${path}: packets of 1200 to 9000 bytes pass unchanged, in order, both ways`, async (t) => {
    const backend = await bound(t, backendHost);
    const made = await director(t, host, backendHost, backend.address().port);
    const client = await bound(t, host);
    client.send(made.token, made.game, host);
    let from: RemoteInfo | undefined;
    for (const size of SIZES) {
      const payload = randomBytes(size);
      const there = once(backend, "message", within());
      client.send(payload, made.game, host);
      const [arrived, remote] = (await there) as [Buffer, RemoteInfo];
      assert.deepEqual(arrived, payload, `${size} bytes to the backend`);
      from = remote;
      const back = once(client, "message", within());
      backend.send(payload, remote.port, backendHost);
      const [reply, director] = (await back) as [Buffer, RemoteInfo];
      assert.deepEqual(reply, payload, `${size} bytes to the client`);
      assert.deepEqual([director.address, director.port], [host, made.game]);
    }
    await inOrder((text) => client.send(text, made.game, host), backend);
    await inOrder((text) => backend.send(text, from?.port ?? 0, backendHost), client);
  });

  test(`TCP, ${path}: a million bytes pass unchanged, both ways at once`, async (t) => {
    const [up, down] = [randomBytes(1_000_000), randomBytes(1_000_000)];
    const sum = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
    const backend = await tcpBackend(t, ({ socket }) => socket.end(down), 0, backendHost);
    const made = await director(t, host, backendHost, backend.port);
    const client = await tcpClient(t, made.chat, host);
    client.socket.end(Buffer.concat([prelude(made.token), up]));
    assert.equal(await client.end(), "end");
    const peer = await backend.peer(0);
    assert.equal(await peer.end(), "end");
    assert.equal(sum(Buffer.from(client.heard, "latin1")), sum(down));
    assert.equal(sum(Buffer.from(peer.heard, "latin1")), sum(up));
  });
}
