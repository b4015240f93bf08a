import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { type TestContext, test } from "node:test";
import { echoResource, testConfig, testDirector, testEcho } from "../testing/director.ts";
import { networkProbe } from "./probes.ts";
import { type DirectoryEndpoint, directoryConfigSchema } from "./schema.ts";

/** Whether the endpoint is healthy by this check. */
function asked(health: object, endpoint: object = { addresses: ["127.0.0.1"] }): Promise<boolean> {
  const ports = [{ name: "x", port: 1, protocol: "UDP" }];
  const { endpoints } = directoryConfigSchema.parse({
    endpoints: [{ name: "x", ports, ...endpoint, health: { timeoutSeconds: 1, ...health } }],
  });
  const [one] = endpoints as [DirectoryEndpoint];
  assert.ok(one.health);
  return networkProbe(one, one.health);
}

/** A UDP port that hears, and answers what the test says. */
async function udp(t: TestContext, answer: (heard: number) => string | undefined) {
  const socket = createSocket("udp4");
  const heard: string[] = [];
  socket.on("message", (payload, from) => {
    heard.push(payload.toString());
    const reply = answer(heard.length);
    if (reply !== undefined) socket.send(reply, from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  t.after(() => socket.close());
  return { port: socket.address().port, heard };
}

test("HTTP: healthy on 2xx only, and a closed port is not", async (t) => {
  let status = 200;
  const server = createServer((_request, response) => {
    response.statusCode = status;
    response.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const url = `http://127.0.0.1:${port}/readyz`;
  assert.equal(await asked({ url }), true);
  for (status of [302, 404, 503]) assert.equal(await asked({ url }), false);
  assert.equal(await asked({ url: "http://127.0.0.1:1/" }), false);
});

test("UDP: any answer will do, a lost packet is sent again, silence is not healthy", async (t) => {
  const lossy = await udp(t, (heard) => (heard < 2 ? undefined : "pong"));
  assert.equal(await asked({ udp: { port: lossy.port } }), true);
  assert.deepEqual(lossy.heard, ["directory probe", "directory probe"]);
  const binary = await udp(t, () => "pong");
  assert.equal(await asked({ udp: { port: binary.port, sendHex: "4142" } }), true);
  assert.deepEqual(binary.heard, ["AB"]);
  const silent = await udp(t, () => undefined);
  assert.equal(await asked({ udp: { port: silent.port } }), false);
  assert.equal(await asked({ udp: { port: 1 } }), false);
});

test("TCP: healthy while the port accepts, on one of the addresses or the host that is named", async () => {
  const server = createTcpServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const tcp = { port };
  assert.equal(await asked({ tcp }), true);
  assert.equal(await asked({ tcp }, { addresses: ["127.0.0.2", "127.0.0.1"] }), true);
  assert.equal(await asked({ tcp }, { addresses: ["127.0.0.2"] }), false);
  assert.equal(await asked({ tcp, host: "127.0.0.1" }, { addresses: ["127.0.0.2"] }), true);
  assert.equal(await asked({ tcp }, { hostname: "localhost" }), true);
  server.close();
  await once(server, "close");
  assert.equal(await asked({ tcp }), false);
});

test("a director is healthy while a query gets a token, and the token a backend that answers", async (t) => {
  const echo = await testEcho(t, "a");
  const director = await testDirector(
    t,
    testConfig([echoResource("a", echo.port), echoResource("b", 1)]),
  );
  const { queryPort } = director.at;
  const check = { queryPort, type: "echo", namespace: "local" };
  assert.equal(await asked({ director: { ...check, selector: { version: "a" } } }), true);
  assert.equal(await asked({ director: { ...check, selector: { version: "b" } } }), false);
  assert.equal(await asked({ director: { ...check, type: "nothing" } }), false);
  assert.equal(await asked({ director: { ...check, queryPort: 1 } }), false);
});
