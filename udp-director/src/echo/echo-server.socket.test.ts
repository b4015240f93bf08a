import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { DirectorConnection, query } from "../client/index.ts";
import { encodeProxyHeader } from "../protocol/proxy-header.ts";
import { echoResource, testConfig, testDirector } from "../testing/director.ts";
import { startEcho, unwrapped } from "./echo-server.ts";

test("an echo that knows PROXY protocol tells the client's address behind a director", async (t) => {
  const echo = await startEcho("127.0.0.1", 0, "a", true);
  t.after(() => echo.close());
  const mapping = { group: "", version: "v1", resource: "pods", addressPath: "status.address" };
  const director = await testDirector(
    t,
    testConfig([echoResource("a", echo.port)], {
      resourceQueryMapping: { echo: { ...mapping, portName: "udp", proxyProtocol: "v2" } },
    }),
  );
  const { token } = await query(director.at, { resourceType: "echo", namespace: "local" });
  const at = { host: "127.0.0.1", dataPort: director.dataPort, token };
  const client = await DirectorConnection.open(at);
  t.after(() => client.close());
  client.send("x");
  assert.equal(String(await client.receive(10_000)), `a 127.0.0.1:${client.localPort} x`);
});

test("without a header, or unless it is asked to, it echoes what it gets", async (t) => {
  const header = encodeProxyHeader({
    transport: "udp",
    source: { address: "2001:db8::1", port: 5 },
    destination: { address: "::1", port: 6 },
  });
  const wrapped = Buffer.concat([header, Buffer.from("x")]);
  assert.equal(String(unwrapped(wrapped)), "[2001:db8:0:0:0:0:0:1]:5 x");
  assert.equal(String(unwrapped(Buffer.from("x"))), "x");
  const local = Buffer.from("0d0a0d0a000d0a515549540a2000000078", "hex");
  assert.equal(String(unwrapped(local)), "x");
  const echo = await startEcho("127.0.0.1", 0, "");
  t.after(() => echo.close());
  const client = createSocket("udp4");
  t.after(() => client.close());
  client.send(wrapped, echo.port, "127.0.0.1");
  const [reply] = await once(client, "message", { signal: AbortSignal.timeout(10_000) });
  assert.deepEqual(reply, wrapped);
});
