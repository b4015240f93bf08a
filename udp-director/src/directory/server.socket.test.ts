import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type TestContext, test } from "node:test";
import { httpProbe } from "./health.ts";
import { type DirectoryConfigInput, directoryConfigSchema } from "./schema.ts";
import { startDirectory } from "./server.ts";

const ports = [{ name: "audio", port: 8000, protocol: "UDP" as const }];
interface Body {
  readonly endpoints: readonly { readonly name: string; readonly healthy: boolean | null }[];
  readonly region: string;
  readonly error: string;
}
const json = async (response: Response) => (await response.json()) as Body;
const log = { info: () => undefined, warn: () => undefined };

async function start(t: TestContext, input: DirectoryConfigInput) {
  const config = { ...directoryConfigSchema.parse({ listen: ["127.0.0.1"], ...input }), port: 0 };
  const directory = await startDirectory(config, { probe: httpProbe, log });
  t.after(() => directory.close());
  return { directory, url: `http://127.0.0.1:${directory.port}` };
}

/** An HTTP server whose status the test sets. */
async function healthTarget(t: TestContext) {
  const state = { status: 200 };
  const server = createServer((_request, response) => {
    response.statusCode = state.status;
    response.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  return { state, url: `http://127.0.0.1:${port}/readyz` };
}

test("the list and each endpoint, with polled health, life, ETag and CORS", async (t) => {
  const target = await healthTarget(t);
  const { url } = await start(t, {
    ttlSeconds: 60,
    endpoints: [
      {
        name: "audio",
        addresses: ["192.0.2.1"],
        ports,
        ttlSeconds: 10,
        health: { url: target.url },
      },
      { name: "game", hostname: "game.example", ports, region: "eu" },
    ],
  });
  const list = await fetch(`${url}/v1/endpoints`, { headers: { origin: "https://a.example" } });
  assert.equal(list.status, 200);
  assert.equal(list.headers.get("cache-control"), "public, max-age=10");
  assert.equal(list.headers.get("access-control-allow-origin"), "*");
  const { endpoints } = await json(list);
  assert.deepEqual(
    endpoints.map((one) => [one.name, one.healthy]),
    [
      ["audio", true],
      ["game", null],
    ],
  );

  const game = await fetch(`${url}/v1/endpoints/game`);
  assert.equal(game.headers.get("cache-control"), "public, max-age=60");
  const tag = game.headers.get("etag") ?? "";
  assert.notEqual(tag, "");
  assert.equal((await json(game)).region, "eu");
  const same = await fetch(`${url}/v1/endpoints/game`, { headers: { "if-none-match": tag } });
  assert.equal(same.status, 304);
  assert.equal(await same.text(), "");
});

test("what is not there is a JSON error", async (t) => {
  const { url } = await start(t, { endpoints: [] });
  const missing = await fetch(`${url}/v1/endpoints/x`);
  assert.equal(missing.status, 404);
  assert.deepEqual(await missing.json(), { error: "no endpoint named x" });
  const nowhere = await fetch(`${url}/nowhere`);
  assert.equal(nowhere.status, 404);
  assert.deepEqual(await nowhere.json(), { error: "no such path: /nowhere; try /v1/endpoints" });
  const crooked = await fetch(`${url}/v1/endpoints/%zz`);
  assert.equal(crooked.status, 400);
  assert.equal(typeof (await json(crooked)).error, "string");
});

test("readiness, and a port that is taken", async (t) => {
  const { directory, url } = await start(t, { endpoints: [] });
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  directory.unready();
  assert.equal((await fetch(`${url}/readyz`)).status, 503);
  assert.equal((await fetch(`${url}/livez`)).status, 200);
  const config = directoryConfigSchema.parse({
    listen: ["127.0.0.1"],
    port: directory.port,
    endpoints: [],
  });
  await assert.rejects(startDirectory(config, { probe: httpProbe, log }), {
    name: "BindError",
    message: `cannot bind TCP port ${directory.port} on 127.0.0.1: another process has it; stop that process or change port`,
  });
});

test("a probe is healthy on 2xx only, and never rejects", async (t) => {
  const target = await healthTarget(t);
  assert.equal(await httpProbe(target.url, 1000), true);
  for (const status of [302, 404, 503]) {
    target.state.status = status;
    assert.equal(await httpProbe(target.url, 1000), false);
  }
  assert.equal(await httpProbe("http://127.0.0.1:1/", 1000), false);
});
