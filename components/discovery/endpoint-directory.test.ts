import assert from "node:assert/strict";
import { test } from "node:test";
import { output } from "@pulumi/pulumi";
import { directoryConfigSchema } from "udp-director/directory-schema";
import { MetalLbUdpLoadBalancer } from "../metallb/index.ts";
import { clouds } from "../testing/clouds.ts";
import { type Json, resolved, run } from "../testing/mocks.ts";
import { refused, refusedAll } from "../testing/refused.ts";
import { directoryFile } from "./args.ts";
import { type Endpoint, EndpointDirectory, type EndpointDirectoryArgs, Protocol } from "./index.ts";

const GAME: Endpoint = {
  addresses: ["203.0.113.10", "2001:db8::1"],
  hostname: "lb.example.net",
  ports: [{ name: "game", port: 7777, protocol: Protocol.Udp }],
};
const DIRECTOR: Endpoint = {
  addresses: ["203.0.113.11"],
  ports: [
    { name: "data", port: 7777, protocol: Protocol.Udp },
    { name: "query", port: 9000, protocol: Protocol.Tcp },
  ],
};
const ARGS: EndpointDirectoryArgs = {
  image: "registry.example.com/udp-director:1",
  endpoints: [{ name: "game", endpoint: GAME }],
};

const directory = (args: Partial<EndpointDirectoryArgs> = {}) =>
  run(() => new EndpointDirectory("directory", { ...ARGS, ...args }), clouds);

async function listed(args: Partial<EndpointDirectoryArgs>): Promise<Json> {
  const { one } = await directory(args);
  return JSON.parse(one("ConfigMap").inputs.data["directory.yaml"]);
}

test("the configuration lists the endpoints as they turn out, and the directory takes it", async () => {
  const config = await listed({
    endpoints: [
      {
        ...{ name: "game", endpoint: output(GAME), region: "eu", labels: { tier: "1" } },
        ...{ ttlSeconds: 5, health: { udp: { port: 7777 } } },
      },
      { name: "director", endpoint: DIRECTOR },
    ],
    ttlSeconds: 60,
    allowOrigin: "https://app.example.com",
    rateLimit: { perSecond: 5 },
    trustedProxies: ["10.0.0.0/8"],
  });
  assert.deepEqual(config.endpoints, [
    {
      ...{ name: "game", region: "eu", labels: { tier: "1" }, ttlSeconds: 5, ...GAME },
      health: { udp: { port: 7777 } },
    },
    // Its query port is asked, as nothing else was said.
    { name: "director", ...DIRECTOR, health: { tcp: { port: 9000 } } },
  ]);
  const { rateLimit, trustedProxies, tokenFile } = directoryConfigSchema.parse(config);
  assert.deepEqual([rateLimit, trustedProxies], [{ perSecond: 5, burst: 30 }, ["10.0.0.0/8"]]);
  assert.equal(tokenFile, undefined);
  const [silent] = (await listed({})).endpoints;
  assert.equal(silent.health, undefined);
});

test("pods under the standard restricted, which know nothing of the cluster and are replaced one more first", async () => {
  const { one } = await directory();
  const { spec } = one("Deployment").inputs;
  assert.equal(spec.replicas, 2);
  assert.deepEqual(spec.strategy.rollingUpdate, { maxUnavailable: 0, maxSurge: 1 });
  const pod = spec.template.spec;
  assert.equal(pod.automountServiceAccountToken, false);
  assert.deepEqual(pod.securityContext, {
    ...{ runAsNonRoot: true, runAsUser: 65_532, runAsGroup: 65_532 },
    seccompProfile: { type: "RuntimeDefault" },
  });
  const [container] = pod.containers;
  assert.deepEqual(container.securityContext, {
    ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
    capabilities: { drop: ["ALL"] },
  });
  assert.deepEqual(container.args, ["directory"]);
  assert.deepEqual(container.readinessProbe.httpGet, { path: "/readyz", port: "http" });
  const [mount] = container.volumeMounts;
  assert.equal(`${mount.mountPath}/directory.yaml`, container.env[0].value);
  assert.equal(one("PodDisruptionBudget").inputs.spec.maxUnavailable, 1);
  const alone = await directory({ replicas: 1 });
  assert.ok(alone.resources.every(({ type }) => !/PodDisruptionBudget/.test(type)));
});

test("an endpoint that changes rolls the pods", async () => {
  const hash = async (endpoint: Endpoint) => {
    const { one } = await directory({ endpoints: [{ name: "game", endpoint }] });
    return one("Deployment").inputs.spec.template.metadata.annotations[
      "udp-director/config-sha256"
    ];
  };
  const first = await hash(GAME);
  assert.match(first, /^[0-9a-f]{64}$/);
  assert.equal(await hash({ ...GAME }), first);
  assert.notEqual(await hash({ ...GAME, addresses: ["203.0.113.12"] }), first);
});

test("a token is a file of a Secret, and in no configuration", async () => {
  const { one } = await directory({ token: output("t0ken") });
  // Marked as a secret, so that no state file has it in plain.
  assert.deepEqual(one("Secret").inputs.stringData.value, { token: "t0ken" });
  const config = one("ConfigMap").inputs.data["directory.yaml"];
  assert.ok(!config.includes("t0ken"));
  const { spec } = one("Deployment").inputs.spec.template;
  const mount = spec.containers[0].volumeMounts.find(({ name }: Json) => name === "token");
  assert.equal(JSON.parse(config).tokenFile, `${mount.mountPath}/token`);
  assert.equal(spec.volumes[1].secret.secretName, "directory-token-3d4e");
});

test("it is reached inside, and published by whatever load balancer takes its ports", async () => {
  const { result, resources } = await run(() => {
    const made = new EndpointDirectory("directory", { ...ARGS, namespace: "edge", port: 8081 });
    const front = new MetalLbUdpLoadBalancer("directory", {
      ...{ selector: made.selector, namespace: made.namespace, ports: made.ports },
    });
    return { url: made.url, endpoint: front.endpoint };
  }, clouds);
  assert.equal(
    await resolved(result.url),
    "http://directory-service-5e6f.edge.svc:8081/v1/endpoints",
  );
  assert.deepEqual((await resolved(result.endpoint)).ports, [
    { name: "http", port: 8081, protocol: Protocol.Tcp },
  ]);
  const selectors = resources
    .filter(({ type }) => /Service$/.test(type))
    .map(({ inputs }) => inputs.spec.selector);
  assert.equal(selectors.length, 2);
  assert.deepEqual(selectors[0], selectors[1]);
});

test("mistakes are told together, before anything is made", async () => {
  await refusedAll(
    () =>
      new EndpointDirectory("x", {
        ...{ image: "x", port: 80, replicas: 0, ttlSeconds: -1 },
        endpoints: [
          { name: "A", endpoint: GAME },
          { name: "b", endpoint: GAME, health: {} },
        ],
      }),
    ["port", "replicas", "ttlSeconds", "endpoints[0].name", "endpoints[1].health"],
  );
  await refused(() => new EndpointDirectory("x", { ...ARGS, endpoints: [] }), "endpoints", /empty/);
  // What is known only later is held to the same.
  assert.throws(() => directoryFile(ARGS, [{ addresses: [], ports: GAME.ports }]), {
    propertyPath: "endpoints[0].addresses",
    reason: "expected at least one address, or a hostname",
  });
});
