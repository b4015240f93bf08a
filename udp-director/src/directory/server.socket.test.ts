import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Ajv } from "ajv";
import { networkProbe } from "./probes.ts";
import { type DirectoryConfigInput, directoryConfigSchema } from "./schema.ts";
import { startDirectory } from "./server.ts";

const ports = [{ name: "audio", port: 8000, protocol: "UDP" as const }];
interface Body {
  readonly endpoints: readonly { readonly name: string; readonly healthy: boolean | null }[];
  readonly region: string;
  readonly error: string;
}
interface Operation {
  readonly responses: Record<
    string,
    { readonly content: { readonly "application/json": { readonly schema: object } } }
  >;
}
const json = async (response: Response) => (await response.json()) as Body;
const log = { info: () => undefined, warn: () => undefined };
const dependencies = { probe: networkProbe, log, now: () => performance.now() };

async function start(t: TestContext, input: DirectoryConfigInput) {
  const config = { ...directoryConfigSchema.parse({ listen: ["127.0.0.1"], ...input }), port: 0 };
  const directory = await startDirectory(config, dependencies);
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
  await assert.rejects(startDirectory(config, dependencies), {
    name: "BindError",
    message: `cannot bind TCP port ${directory.port} on 127.0.0.1: another process has it; stop that process or change port`,
  });
});

/** A token in a file, which the test may change. */
function tokenFile(t: TestContext, token: string): string {
  const folder = mkdtempSync(join(tmpdir(), "directory-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "token");
  writeFileSync(file, token);
  return file;
}

test("a source that asks too much is told when to come back, health checks are not counted", async (t) => {
  const { url } = await start(t, { rateLimit: { perSecond: 1, burst: 3 }, endpoints: [] });
  const statuses: number[] = [];
  for (let n = 0; n < 5; n++) statuses.push((await fetch(`${url}/v1/endpoints`)).status);
  assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
  const refused = await fetch(`${url}/v1/endpoints`);
  assert.deepEqual(
    [refused.headers.get("retry-after"), refused.headers.get("cache-control")],
    ["1", "no-store"],
  );
  for (let n = 0; n < 5; n++) assert.equal((await fetch(`${url}/readyz`)).status, 200);
});

test("who asks is the proxy's word where the proxy is trusted, and nobody's else", async (t) => {
  const rateLimit = { perSecond: 1, burst: 1 };
  const statuses = async (trustedProxies: string[]) => {
    const { url } = await start(t, { rateLimit, trustedProxies, endpoints: [] });
    const asked = ["192.0.2.1", "192.0.2.2", "192.0.2.2", "2001:db8::1", "2001:db8::2"];
    const found: number[] = [];
    for (const source of asked) {
      const headers = { "x-forwarded-for": source };
      found.push((await fetch(`${url}/v1/endpoints`, { headers })).status);
    }
    return found;
  };
  assert.deepEqual(await statuses(["127.0.0.0/8"]), [200, 200, 429, 200, 429]);
  assert.deepEqual(await statuses(["10.0.0.0/8"]), [200, 429, 429, 429, 429]);
});

test("with a token nobody else gets in, and no shared cache keeps the answer", async (t) => {
  const file = tokenFile(t, "right\n");
  const { url } = await start(t, {
    tokenFile: file,
    endpoints: [{ name: "a", addresses: ["192.0.2.1"], ports }],
  });
  const get = (token?: string, path = "/v1/endpoints/a") =>
    fetch(url + path, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
  const refused = await get();
  assert.equal(refused.status, 401);
  assert.equal(refused.headers.get("www-authenticate"), "Bearer");
  assert.equal((await get("wrong")).status, 401);
  const answer = await get("right");
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("cache-control"), "private, max-age=30");
  // Browsers ask first, without the token.
  const preflight = await fetch(`${url}/v1/endpoints`, {
    method: "OPTIONS",
    headers: {
      origin: "https://a.example",
      "access-control-request-method": "GET",
      "access-control-request-headers": "authorization",
    },
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-headers"), "authorization");
  // A rotated token counts at once, and an empty file is nobody's.
  writeFileSync(file, "next");
  assert.deepEqual([(await get("right")).status, (await get("next")).status], [401, 200]);
  writeFileSync(file, "");
  assert.equal((await get("")).status, 401);
});

test("a token that cannot be read is refused at the start", async (t) => {
  const config = (file: string) =>
    directoryConfigSchema.parse({ listen: ["127.0.0.1"], tokenFile: file, endpoints: [] });
  for (const [file, message] of [
    ["/nowhere/token", /^tokenFile: cannot read a token from \/nowhere\/token: ENOENT/],
    [tokenFile(t, " \n"), /^tokenFile: .* is empty/],
  ] as const) {
    await assert.rejects(startDirectory(config(file), dependencies), {
      name: "SettingError",
      message,
    });
  }
});

test("the OpenAPI document describes what is answered", async (t) => {
  const { url } = await start(t, {
    endpoints: [
      { name: "audio", addresses: ["192.0.2.1"], ports, region: "eu", labels: { tier: "1" } },
      { name: "game", hostname: "game.example", ports },
    ],
  });
  const document = await (await fetch(`${url}/openapi.json`)).json();
  const paths = (document as { paths: Record<string, { get: Operation }> }).paths;
  assert.deepEqual(Object.keys(paths), ["/v1/endpoints", "/v1/endpoints/{name}"]);
  const ajv = new Ajv({ strict: false });
  for (const [path, at] of [
    ["/v1/endpoints", "/v1/endpoints"],
    ["/v1/endpoints/{name}", "/v1/endpoints/audio"],
    ["/v1/endpoints/{name}", "/v1/endpoints/nobody"],
  ] as const) {
    const response = await fetch(url + at);
    const answer = paths[path]?.get.responses[response.status];
    assert.ok(answer, `${response.status} of ${path}`);
    const { schema } = answer.content["application/json"];
    const valid = ajv.compile(schema);
    assert.ok(valid(await response.json()), JSON.stringify(valid.errors));
    assert.ok(!valid({ nothing: 1 }), "the schema refuses something");
    assert.ok(paths[path]?.get.responses[304]);
  }
});
