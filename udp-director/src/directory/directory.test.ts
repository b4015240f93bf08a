import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { configMistakes } from "../config/mistakes.ts";
import { HealthPoller } from "./health.ts";
import { directoryConfigSchema } from "./schema.ts";
import { endpointView } from "./view.ts";

const ports = [{ name: "audio", port: 8000, protocol: "udp" }];
const parse = (...endpoints: object[]) => directoryConfigSchema.parse({ endpoints });
const mistakes = (value: unknown) => {
  const result = directoryConfigSchema.safeParse(value);
  return result.success ? [] : configMistakes(result.error);
};
const only = (endpoint: object) => {
  const [first] = parse(endpoint).endpoints;
  assert.ok(first);
  return first;
};

test("an endpoint is shown with what it has, and with null health when nobody polls it", () => {
  const endpoint = only({ name: "a", addresses: ["192.0.2.1"], ports });
  assert.deepEqual(endpointView(endpoint, null, 30), {
    name: "a",
    addresses: ["192.0.2.1"],
    ports: [{ name: "audio", port: 8000, protocol: "UDP" }],
    protocol: "UDP",
    healthy: null,
    ttl: 30,
  });
});

test("its own ttl, host name, region and mixed protocols are shown", () => {
  const view = endpointView(
    only({
      name: "a",
      hostname: "a.example",
      region: "eu",
      ttlSeconds: 5,
      labels: { tier: "1" },
      ports: [...ports, { name: "web", port: 443, protocol: "TCP" }],
    }),
    true,
    30,
  );
  const { ports: _, ...rest } = view;
  assert.deepEqual(rest, {
    name: "a",
    addresses: [],
    hostname: "a.example",
    protocol: "MIXED",
    region: "eu",
    labels: { tier: "1" },
    healthy: true,
    ttl: 5,
  });
});

test("every mistake is listed with its path", () => {
  const lines = mistakes({
    port: 0,
    endpoints: [
      { name: "A!", addresses: ["x"], ports: [{ name: "p", port: 1, protocol: "sctp" }] },
      { name: "b", ports },
      { name: "c", addresses: ["192.0.2.1"], ports, health: { url: "ftp://x" } },
      { name: "d", hostname: "d", ports, health: {} },
      {
        name: "e",
        hostname: "e",
        ports,
        health: { tcp: { port: 1 }, udp: { port: 1, sendHex: "0" } },
      },
      { name: "f", hostname: "f", ports, health: { tcp: { port: 1 }, udp: { port: 1 } } },
    ],
    trustedProxies: ["10.0.0.0/33"],
    rateLimit: { perSecond: 0 },
  });
  for (const path of [
    "port:",
    "endpoints[0].name:",
    "endpoints[0].addresses[0]:",
    "endpoints[0].ports[0].protocol:",
    "endpoints[1].addresses: expected at least one address, or a hostname",
    "endpoints[2].health.url:",
    "endpoints[3].health: none given; expected exactly one of: url, udp, tcp, director",
    "endpoints[4].health.udp.sendHex:",
    "endpoints[5].health: udp and tcp given; expected exactly one",
    "trustedProxies[0]: expected an address or a network",
    "rateLimit.perSecond:",
  ]) {
    assert.ok(
      lines.some((line) => line.startsWith(path)),
      `${path} not in ${lines.join("\n")}`,
    );
  }
  const one = { name: "a", addresses: ["192.0.2.1"], ports };
  assert.deepEqual(mistakes({ endpoints: [one, one] }), [
    'endpoints[1].name: "a" is listed twice; names are unique',
  ]);
});

test("health follows the polls, at the endpoint's own interval, and tells changes only", async (t: TestContext) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const health = { url: "http://127.0.0.1/h", intervalSeconds: 7 };
  const config = parse(
    { name: "a", addresses: ["192.0.2.1"], ports, health },
    { name: "b", hostname: "b", ports },
  );
  const answers = [true, true, false];
  const polled: string[] = [];
  const changes: string[] = [];
  const poller = new HealthPoller(
    config.endpoints,
    async ({ name }, { timeoutSeconds }) => {
      polled.push(`${name} ${timeoutSeconds}`);
      return answers.shift() ?? false;
    },
    (name, healthy) => changes.push(`${name} ${healthy}`),
  );
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  assert.equal(poller.of("a"), null);
  await poller.start();
  assert.equal(poller.of("a"), true);
  assert.equal(poller.of("b"), null);
  assert.deepEqual(polled, ["a 2"]);
  t.mock.timers.tick(6999);
  await settle();
  assert.equal(polled.length, 1);
  t.mock.timers.tick(1);
  await settle();
  assert.equal(polled.length, 2);
  t.mock.timers.tick(7000);
  await settle();
  assert.equal(poller.of("a"), false);
  assert.deepEqual(changes, ["a true", "a false"]);
  poller.close();
  t.mock.timers.tick(7000);
  await settle();
  assert.equal(polled.length, 3);
});
