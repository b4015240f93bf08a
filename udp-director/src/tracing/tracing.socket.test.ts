import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { exchange, query } from "../client/index.ts";
import { echoResource, testConfig, testDirector, testEcho } from "../testing/director.ts";
import { traffic } from "../testing/traffic.ts";

type Value = { readonly stringValue?: string; readonly intValue?: number };
type Attributes = readonly { readonly key: string; readonly value: Value }[];

/** A span in the JSON of OTLP (opentelemetry-proto, trace/v1/trace.proto). */
interface Span {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: Attributes;
  readonly status: { readonly code: number; readonly message?: string };
  readonly events: readonly { readonly name: string; readonly attributes: Attributes }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Attributes };
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

const plain = (attributes: Attributes) =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]),
  );

/** Takes what exporters send, as an OpenTelemetry collector does. */
async function receiver(t: TestContext) {
  const exports: Export[] = [];
  const server = createServer(async (request, response) => {
    assert.equal(request.url, "/v1/traces");
    exports.push((await json(request)) as Export);
    response.setHeader("content-type", "application/json").end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const before = { ...process.env };
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${port}`;
  process.env.OTEL_RESOURCE_ATTRIBUTES = "deployment.environment.name=test";
  t.after(() => {
    process.env = before;
  });
  const resources = () => exports.flatMap(({ resourceSpans }) => resourceSpans);
  return {
    spans: () => resources().flatMap(({ scopeSpans }) => scopeSpans.flatMap((one) => one.spans)),
    resource: () => plain(resources()[0]?.resource.attributes ?? []),
  };
}

const wanted = { resourceType: "echo", namespace: "local" };
const CALLER = { trace: "4bf92f3577b34da6a3ce929d0e0e4736", span: "00f067aa0ba902b7" };

async function setting(t: TestContext, tracing: { enabled: boolean; sessionSample?: number }) {
  const resources = [];
  for (const name of ["a", "b"]) resources.push(echoResource(name, (await testEcho(t, name)).port));
  return testDirector(t, testConfig(resources, { admin: {}, tracing }));
}

test("a query continues its caller's trace, and the session links to it", async (t) => {
  const { spans, resource } = await receiver(t);
  const director = await setting(t, { enabled: true });
  const traceparent = `00-${CALLER.trace}-${CALLER.span}-01`;
  const asked = JSON.stringify({ ...wanted, labelSelector: { version: "a" }, traceparent });
  const { token } = JSON.parse(await exchange(director.at, asked)) as { token: string };
  const client = await traffic(t, director, token, 10);
  await client.answeredBy("a");
  const next = await query(director.at, { ...wanted, labelSelector: { version: "b" } });
  client.connection.reset(next.token);
  await client.answeredBy("b");
  await client.stop();
  await exchange(director.at, JSON.stringify({ ...wanted, resourceType: "nothing" }));
  await exchange(director.at, '{"traceparent":"00-zz-1-01","namespace":5}');
  await director.close();

  const all = spans();
  const [first, second, refused, broken] = all.filter(({ name }) => name === "query");
  const session = all.find(({ name }) => name === "session");
  assert.ok(first && second && refused && broken && session);
  assert.deepEqual([first.traceId, first.parentSpanId], [CALLER.trace, CALLER.span]);
  assert.deepEqual(plain(first.attributes), {
    "client.address": "127.0.0.1",
    "udp_director.resource_type": "echo",
    "udp_director.namespace": "local",
    "udp_director.result": "granted",
  });
  assert.equal(first.kind, 2);
  assert.equal(second.parentSpanId, undefined);
  assert.notEqual(second.traceId, CALLER.trace);
  assert.equal(refused.status.code, 2);
  assert.match(String(refused.status.message), /Unknown resource type: nothing/);
  assert.equal(broken.status.code, 2);

  assert.deepEqual(
    session.links.map(({ traceId, spanId }) => [traceId, spanId]),
    [
      [first.traceId, first.spanId],
      [second.traceId, second.spanId],
    ],
  );
  const { "client.port": port, ...rest } = plain(session.attributes);
  assert.equal(port, client.connection.localPort);
  assert.deepEqual(rest, {
    "client.address": "127.0.0.1",
    "udp_director.session": 1,
    "udp_director.origin": "token",
    "udp_director.backend": "echo/local/a",
    "udp_director.reason": "shutdown",
    "udp_director.moves": 1,
  });
  const [moved] = session.events;
  assert.equal(moved?.name, "moved");
  assert.deepEqual(plain(moved?.attributes ?? []), {
    "udp_director.cause": "packet",
    "udp_director.backend": "echo/local/b",
  });
  assert.ok(BigInt(session.endTimeUnixNano) > BigInt(session.startTimeUnixNano));
  assert.equal(resource()["service.name"], "udp-director");
  assert.equal(resource()["deployment.environment.name"], "test");
  const everything = JSON.stringify(all);
  for (const secret of [token, next.token]) assert.ok(!everything.includes(secret));
});

test("a sample of none has queries and no sessions", async (t) => {
  const { spans } = await receiver(t);
  const director = await setting(t, { enabled: true, sessionSample: 0 });
  const client = await traffic(t, director, (await query(director.at, wanted)).token, 10);
  await client.answeredBy("a");
  await director.close();
  assert.deepEqual(
    spans().map(({ name }) => name),
    ["query"],
  );
});

test("a receiver that is away holds up neither queries nor the shutdown for long", async (t) => {
  await receiver(t);
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:1";
  const director = await setting(t, { enabled: true });
  assert.match((await query(director.at, wanted)).token, /^[0-9a-f-]{36}$/);
  const started = performance.now();
  await director.close();
  // Three seconds for the receiver, and time for a machine that is busy.
  assert.ok(performance.now() - started < 15_000);
});

test("OpenTelemetry's SDK is loaded when traces are on, and not at all else", async () => {
  const script = (enabled: boolean) => `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({
      resolve(specifier, context, next) {
        // prom-client brings the API, which does nothing by itself.
        if (/^@opentelemetry\\/(?!api$)/.test(specifier)) loaded.push(specifier);
        return next(specifier, context);
      },
    });
    const { startDirector } = await import("./director.ts");
    const { testConfig } = await import("./testing/director.ts");
    const director = await startDirector(testConfig([], { tracing: { enabled: ${enabled} } }), {
      log: { info() {}, warn() {} },
      now: () => performance.now(),
      newToken: () => "",
      resolveName: async () => [],
    });
    await director.close();
    console.log(loaded.length);
  `;
  const run = async (enabled: boolean) => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "-e", script(enabled)],
      { cwd: new URL("..", import.meta.url).pathname },
    );
    return Number(stdout);
  };
  assert.equal(await run(false), 0);
  assert.ok((await run(true)) > 0);
});
