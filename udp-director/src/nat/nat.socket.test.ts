import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { echoCommand } from "../cli/echo.ts";
import { natCommand } from "../cli/nat.ts";
import { startEcho } from "../echo/echo-server.ts";
import { freePorts } from "../testing/free-ports.ts";
import { examineNat, natText } from "./examine.ts";
import { encodeRequest, REQUEST_BYTES } from "./nat-packet.ts";

const HERE = "127.0.0.1";
const PATIENCE = { timeoutMs: 200, tries: 3 };

async function server(t: TestContext) {
  const [port = 0, otherPort = 0] = await freePorts(2);
  const other = { address: "127.0.0.2", port: otherPort };
  const echo = await startEcho(HERE, port, "", false, other);
  t.after(() => echo.close());
  return { port, other };
}

test("without a NAT: every place answers, and mappings live", async (t) => {
  const { port, other } = await server(t);
  const at = { address: HERE, port };
  const report = await examineNat({ server: at, lifetimeMs: 400, ...PATIENCE });
  assert.equal(report.kind, "none");
  assert.deepEqual([report.server, report.other], [at, other]);
  assert.deepEqual(report.local, report.mapped);
  assert.equal(report.hairpinning, true);
  assert.deepEqual(report.lifetimeSeconds, { atLeast: 0.4, below: null });
  assert.match(natText(report), /^NAT {10}none\n(?:.*\n)*lifetime {5}0\.4 s at least\n$/);
});

test("it still echoes at each of the four places, and answers nobody but who asked, with less", async (t) => {
  const { port, other } = await server(t);
  const client = createSocket("udp4").bind(0, HERE);
  const stranger = createSocket("udp4").bind(0, HERE);
  t.after(() => {
    client.close();
    stranger.close();
  });
  await Promise.all([once(client, "listening"), once(stranger, "listening")]);
  let overheard = 0;
  stranger.on("message", () => overheard++);
  const signal = AbortSignal.timeout(5000);
  for (const [address, at] of [
    [HERE, port],
    [HERE, other.port],
    [other.address, port],
    [other.address, other.port],
  ] as const) {
    client.send("x", at, address);
    const [echoed, from] = await once(client, "message", { signal });
    assert.deepEqual([String(echoed), from.address, from.port], ["x", address, at]);
  }
  const request = { transaction: Buffer.alloc(12, 7), otherAddress: true, otherPort: true };
  client.send(encodeRequest({ ...request, delayMs: 0 }), port, HERE);
  const [answer, from] = await once(client, "message", { signal });
  assert.deepEqual([from.address, from.port], [other.address, other.port]);
  assert.ok(answer.length < REQUEST_BYTES, `${answer.length} bytes for ${REQUEST_BYTES}`);
  assert.equal(overheard, 0);
});

test("nobody there, an echo that does not know, and wrong usage are told apart", async (t) => {
  const [nobody = 0] = await freePorts(1);
  const options = { host: HERE, port: nobody, lifetime: 0, timeout: 20 };
  await assert.rejects(natCommand(options), { exitCode: 1, message: /no answer from UDP/ });
  const plain = await startEcho(HERE, 0);
  t.after(() => plain.close());
  await assert.rejects(natCommand({ ...options, port: plain.port }), {
    exitCode: 1,
    message: /with --other-address and --other-port/,
  });
  await assert.rejects(natCommand({ ...options, otherPort: 1 }), { exitCode: 2 });
  const echo = { host: "0.0.0.0", port: 9999, logLevel: "silent" };
  for (const [wrong, message] of [
    [{ otherPort: 1 }, /go together/],
    [{ otherPort: 1, otherAddress: "x" }, /no IP address/],
    [{ otherPort: 1, otherAddress: "::1" }, /IP version/],
    [{ otherPort: 1, otherAddress: HERE }, /need a --host/],
  ] as const) {
    await assert.rejects(echoCommand({ ...echo, ...wrong }), { exitCode: 2, message });
  }
});
