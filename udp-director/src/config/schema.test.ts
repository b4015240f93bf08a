import assert from "node:assert/strict";
import { test } from "node:test";
import { configMistakes, type DirectorConfigInput, directorConfigSchema } from "./schema.ts";

const example = (): DirectorConfigInput => ({
  queryPort: 9000,
  dataPort: 7777,
  metricsPort: 9090,
  listen: ["127.0.0.1"],
  tokenTtlSeconds: 30,
  sessionTimeoutSeconds: 300,
  defaultEndpoint: { resourceType: "echo", namespace: "local", labelSelector: { version: "a" } },
  resourceQueryMapping: {
    echo: {
      group: "",
      version: "v1",
      resource: "pods",
      addressPath: "status.address",
      portName: "udp",
    },
  },
  discovery: {
    static: {
      resources: [
        {
          resourceType: "echo",
          namespace: "local",
          name: "echo-a",
          labels: { version: "a" },
          address: "127.0.0.1",
          ports: { udp: 9101 },
        },
      ],
    },
  },
});

const mistakes = (value: unknown): string[] => {
  const result = directorConfigSchema.safeParse(value);
  return result.success ? [] : configMistakes(result.error);
};

test("the local example validates and keeps its values", () => {
  const config = directorConfigSchema.parse(example());
  assert.deepEqual(config.dataPorts, [{ port: 7777, protocol: "udp", name: "default" }]);
  assert.deepEqual(config.metricsListen, ["127.0.0.1"]);
  assert.equal(config.tokenTtlSeconds, 30);
  assert.equal(config.loadBalancing, "firstMatch");
});

test("left-out keys get the published defaults", () => {
  const { resourceQueryMapping, discovery } = example();
  const config = directorConfigSchema.parse({ resourceQueryMapping, discovery });
  assert.equal(config.queryPort, 9000);
  assert.equal(config.dataPorts[0]?.port, 7777);
  assert.equal(config.metricsPort, 9090);
  assert.equal(config.tokenTtlSeconds, 30);
  assert.equal(config.sessionTimeoutSeconds, 300);
  assert.equal(config.controlPacketMagicBytes, "FFFFFFFF5245534554");
  assert.deepEqual(config.listen, ["0.0.0.0", "::"]);
  assert.equal(config.limits.maxSessions, 100_000);
  assert.equal(config.defaultEndpoint, undefined);
});

test("both spellings of the token life are read, but not together", () => {
  const { tokenTtlSeconds: _, ...rest } = example();
  assert.equal(directorConfigSchema.parse({ ...rest, tokenTTLSeconds: 7 }).tokenTtlSeconds, 7);
  assert.deepEqual(mistakes({ ...example(), tokenTTLSeconds: 7 }), [
    "tokenTTLSeconds: tokenTtlSeconds is given as well; keep one of the two spellings",
  ]);
});

test("every mistake is listed at once, with its path and what is allowed", () => {
  const broken = {
    ...example(),
    queryPort: 70000,
    metricsPort: "9090",
    listen: ["localhost"],
    controlPacketMagicBytes: "FFF",
    sessionTimout: 3,
    dataPorts: [{ port: 9000, protocol: "tcp", name: "x" }],
    defaultEndpoint: { resourceType: "game", namespace: "" },
    loadBalancing: { type: "labelArithmetic", currentLabel: "a" },
  };
  const lines = mistakes(broken);
  for (const expected of [
    "queryPort: 70000 is not allowed; expected a port 1..65535",
    'metricsPort: "9090" is not allowed; expected a port 1..65535',
    'listen[0]: "localhost" is not allowed; expected an IPv4 or IPv6 address',
    "controlPacketMagicBytes: expected an even number of hex digits, 1..64 bytes, such as FFFFFFFF5245534554",
    'defaultEndpoint.resourceType: "game" is not in resourceQueryMapping; allowed: echo',
    'defaultEndpoint.namespace: "" is not allowed; expected a namespace',
    "loadBalancing.maxLabel: missing; labelArithmetic needs it",
  ]) {
    assert.ok(lines.includes(expected), `${expected}\nnot in\n${lines.join("\n")}`);
  }
  assert.ok(lines.some((line) => line.startsWith("sessionTimout: unknown key; allowed: listen, ")));
});

test("both published shapes of loadBalancing choose the strategy", () => {
  for (const loadBalancing of [
    { type: "leastSessions" },
    { strategy: { type: "leastSessions" } },
  ]) {
    const config = directorConfigSchema.parse({ ...example(), loadBalancing });
    assert.equal(config.loadBalancing, "leastSessions");
  }
  assert.deepEqual(mistakes({ ...example(), loadBalancing: { strategy: { type: "random" } } }), [
    'loadBalancing.strategy.type: "random" is unknown; allowed: firstMatch, leastSessions, weighted, labelArithmetic, consistentHash, expression',
  ]);
});

test("expectedValue, expectedValues and in become texts; none or several are refused", () => {
  const withStatus = (statusQuery: unknown) => ({
    ...example(),
    defaultEndpoint: { resourceType: "echo", namespace: "local", statusQuery },
  });
  const read = (statusQuery: unknown) =>
    directorConfigSchema.parse(withStatus(statusQuery)).defaultEndpoint?.statusQuery;
  assert.deepEqual(read({ jsonPath: "status.ready", expectedValue: true })?.expectedValues, [
    "true",
  ]);
  assert.deepEqual(read({ jsonPath: "status.n", expectedValues: [1, "b"] })?.expectedValues, [
    "1",
    "b",
  ]);
  assert.deepEqual(read({ jsonPath: "status.n", in: [true, 3, "b"] })?.expectedValues, [
    "true",
    "3",
    "b",
  ]);
  for (const values of [{}, { expectedValue: 1, in: [1] }, { expectedValues: [1], in: [1] }]) {
    assert.deepEqual(mistakes(withStatus({ jsonPath: "a", ...values })), [
      "defaultEndpoint.statusQuery: expected exactly one of expectedValue, expectedValues and in",
    ]);
  }
});

test("a mapping needs one way to the port, and its ports name data ports", () => {
  const withMapping = (extra: object) => ({
    ...example(),
    resourceQueryMapping: {
      echo: { group: "", version: "v1", resource: "pods", addressPath: "status.address", ...extra },
    },
  });
  assert.deepEqual(mistakes(withMapping({})), [
    "resourceQueryMapping.echo.portName: missing; expected one of portName, portPath and ports",
  ]);
  assert.deepEqual(mistakes(withMapping({ ports: [{ name: "voice", portName: "udp" }] })), [
    "resourceQueryMapping.echo.ports[0].name: no data port has this name; allowed: default",
  ]);
  assert.deepEqual(mistakes(withMapping({ portName: "udp", serviceSelectorLabel: "x" })), [
    "resourceQueryMapping.echo.serviceTargetPortName: missing; service mode needs it beside serviceSelectorLabel",
  ]);
  assert.deepEqual(mistakes(withMapping({ portName: "udp", serviceEndpoints: "endpoints" })), [
    "resourceQueryMapping.echo.serviceEndpoints: belongs to service mode: serviceSelectorLabel and serviceTargetPortName, without addressPath",
  ]);
  const { addressPath: _, ...service } = {
    ...withMapping({}).resourceQueryMapping.echo,
    ...{ serviceSelectorLabel: "x", serviceTargetPortName: "udp" },
    ...{ serviceEndpoints: "endpoints", addressType: "PodIP" },
  };
  assert.deepEqual(
    mistakes({
      ...example(),
      resourceQueryMapping: { echo: service },
      discovery: { kubernetes: { namespaces: ["local"] } },
    }),
    [
      'resourceQueryMapping.echo.addressType: "PodIP" is no type of endpoints; expected IPv4 or IPv6',
    ],
  );
});

test("discovery is required, names a source, and lists no backend twice", () => {
  const { discovery, ...rest } = example();
  assert.match(
    mistakes(rest)[0] ?? "",
    /^discovery: missing; expected an object with: static, file/,
  );
  assert.deepEqual(mistakes({ ...rest, discovery: {} }), [
    "discovery: names no source; expected static, file, kubernetes or several",
  ]);
  const resource = discovery.static?.resources[0];
  assert.deepEqual(
    mistakes({ ...rest, discovery: { static: { resources: [resource, resource] } } }),
    [
      "discovery.static.resources[1].name: echo/local/echo-a is listed twice; names are unique within type and namespace",
    ],
  );
  const odd = { ...resource, address: "10.0.0.300", status: { podIP: "x" } };
  assert.deepEqual(mistakes({ ...rest, discovery: { static: { resources: [odd] } } }), [
    'discovery.static.resources[0].address: "10.0.0.300" is not allowed; expected an IP address or a DNS name',
    "discovery.static.resources[0].status.podIP: filled in from the resource's own address and ports; remove it here",
  ]);
});

test("a document that is no object is one mistake", () => {
  assert.equal(mistakes(null).length, 1);
  assert.match(mistakes([1])[0] ?? "", /^\(whole document\): \[1\] is not allowed/);
});

test("dataPorts wins over dataPort; names and numbers are used once", () => {
  const dataPorts = [
    { port: 7777, protocol: "udp", name: "game" },
    { port: 7778, protocol: "udp", name: "voice" },
  ];
  const config = directorConfigSchema.parse({ ...example(), dataPorts });
  assert.deepEqual(config.dataPorts, dataPorts);
  const twice = [dataPorts[0], { ...dataPorts[0] }];
  assert.deepEqual(mistakes({ ...example(), dataPorts: twice }), [
    "dataPorts[1].name: this name is used twice; data ports need their own",
    "dataPorts[1].port: this port is listed twice; list each once",
  ]);
  // The same number of the other protocol is another port, unless the director uses it itself.
  const tcp = (port: number) => ({ port, protocol: "tcp", name: "chat" });
  const withTcp = (port: number) =>
    mistakes({ ...example(), dataPorts: [dataPorts[0], tcp(port)], admin: {} });
  assert.deepEqual(withTcp(7777), []);
  for (const [port, key] of [
    [9000, "queryPort"],
    [9090, "metricsPort"],
    [9091, "admin.port"],
  ] as const) {
    assert.deepEqual(withTcp(port), [
      `dataPorts[1].port: same TCP port as ${key}; give each its own`,
    ]);
  }
  assert.deepEqual(mistakes({ ...example(), metricsPort: 9000 }), [
    "metricsPort: same TCP port as queryPort; give each its own",
  ]);
});

test("the kernel's source ports are nobody else's", () => {
  const kernel = (sourcePorts: object, more: object = {}) =>
    mistakes({ ...example(), ...more, kernel: { enabled: true, sourcePorts } });
  assert.deepEqual(kernel({}), []);
  assert.deepEqual(kernel({ from: 7000, to: 9000 }), [
    "kernel.sourcePorts: 7000 to 9000 hold UDP 7777 of dataPort; backends' packets need their own",
  ]);
  const portRanges = [{ name: "a", from: 30_000, to: 30_001 }];
  assert.deepEqual(kernel({}, { portRanges }), [
    "kernel.sourcePorts: 20000 to 60999 overlap portRanges[0]; backends' packets need their own",
  ]);
  assert.deepEqual(kernel({ from: 40_000 }, { portRanges }), []);
  assert.match(kernel({ from: 50_000, to: 50_100 })[0] ?? "", /at least 1000 ports/);
  assert.deepEqual(mistakes({ ...example(), portRanges, kernel: {} }), [], "it is not in use");
});

test("port ranges hold ports of their own, at most 1000, and are one director's", () => {
  const ranges = (...portRanges: object[]) => mistakes({ ...example(), admin: {}, portRanges });
  const range = (name: string, from: number, to: number, protocol = "both") => ({
    ...{ name, from, to, protocol },
  });
  assert.deepEqual(ranges(range("a", 30_000, 30_999), range("b", 31_000, 31_000)), []);
  assert.deepEqual(ranges(range("a", 9000, 9000, "udp"), range("b", 7777, 7777, "tcp")), []);
  for (const [from, to, what] of [
    [8999, 9001, "TCP 9000 of queryPort"],
    [9090, 9090, "TCP 9090 of metricsPort"],
    [9091, 9092, "TCP 9091 of admin.port"],
    [7000, 7800, "UDP 7777 of dataPort"],
  ] as const) {
    assert.deepEqual(ranges(range("a", from, to)), [`portRanges[0].from: the range holds ${what}`]);
  }
  assert.deepEqual(ranges(range("a", 30_000, 30_010, "udp"), range("b", 30_010, 30_020)), [
    "portRanges[1].from: the range holds UDP 30010 of portRanges[0]",
  ]);
  assert.deepEqual(ranges(range("a", 30_000, 29_999)), [
    "portRanges[0].to: expected 30000 to 30999",
  ]);
  assert.deepEqual(ranges(range("default", 30_000, 30_001)), [
    "portRanges[0].name: this name is used twice; ranges and data ports need their own",
  ]);
  for (const name of ["ninechars", "A", "-a", "a--b", "12", ""]) {
    assert.deepEqual(ranges(range(name, 30_000, 30_001)), [
      `portRanges[0].name: ${JSON.stringify(name)} is not allowed; expected a name of 1 to 8 of a-z, 0-9 and single inner hyphens, with a letter`,
    ]);
  }
  const redis = { kind: "redis", redis: { url: "redis://127.0.0.1" } };
  const portRanges = [range("a", 30_000, 30_001)];
  assert.deepEqual(mistakes({ ...example(), store: redis, portRanges }), [
    "portRanges: ports are given by one director; use store.kind memory or journal",
  ]);
});

test("sealed tokens need keys, each with one secret and an id of its own", () => {
  const withTokens = (tokens: unknown) => mistakes({ ...example(), tokens });
  assert.deepEqual(withTokens({ kind: "sealed" }), [
    "tokens.keys: missing; sealed tokens need at least one key",
  ]);
  const keys = [
    { id: "a", secretEnv: "A" },
    { id: "a", secretFile: "b", secret: "c" },
    { id: "!" },
  ];
  assert.deepEqual(withTokens({ keys }), [
    "tokens.keys[2].id: expected 1 to 16 letters, digits, - and _",
    "tokens.keys[1]: expected exactly one of secretFile, secretEnv and secret",
    "tokens.keys[1].id: this id is used twice; keys need their own",
    "tokens.keys[2]: expected exactly one of secretFile, secretEnv and secret",
  ]);
  const dataPorts = [{ port: 7777, protocol: "udp", name: "x".repeat(158) }];
  const sealed = { kind: "sealed", keys: [{ id: "a", secretEnv: "A" }] };
  assert.deepEqual(mistakes({ ...example(), dataPorts, tokens: sealed }), [
    "tokens.kind: the names of dataPorts take 161 bytes of a sealed token, 3 for each included; 160 at most",
  ]);
});

test("protection, admin and rehome have defaults that a normal client does not notice", () => {
  const config = directorConfigSchema.parse(example());
  assert.deepEqual(config.protection, {
    exempt: ["127.0.0.0/8", "::1/128"],
    maxSources: 65_536,
    packetsPerSecond: 0,
    packetBurst: 10_000,
    newSessionsPerSecond: 200,
    newSessionBurst: 2000,
    tokenFailures: { count: 100, windowSeconds: 10, banSeconds: 60 },
    unproven: { replyFactor: 3, proof: "reply" },
    challenge: "off",
    maxQueryConnectionsPerSource: 64,
  });
  assert.equal(config.admin, undefined);
  assert.deepEqual(config.rehome, { enabled: true, checkSeconds: 1, goneSeconds: 3 });
  const admin = directorConfigSchema.parse({ ...example(), admin: {} }).admin;
  assert.deepEqual(admin, { port: 9091, listen: ["127.0.0.1"], captures: true });
  assert.equal(config.ackPackets, false);
});

test("an admin port that others can reach needs a token; networks must be networks", () => {
  assert.deepEqual(mistakes({ ...example(), admin: { listen: ["127.0.0.1", "0.0.0.0"] } }), [
    "admin.tokenFile: missing; admin.listen has 0.0.0.0, and whoever reaches it could move every session: name a file with a bearer token or admin.tls.clientCaFile, or listen on 127.0.0.1",
  ]);
  assert.deepEqual(mistakes({ ...example(), admin: { listen: ["::"], tokenFile: "/t" } }), []);
  assert.deepEqual(mistakes({ ...example(), admin: { port: 9090 } }), [
    "admin.port: same TCP port as metricsPort; give each its own",
  ]);
  assert.deepEqual(mistakes({ ...example(), protection: { exempt: ["10.0.0.0/40"] } }), [
    "protection.exempt[0]: expected a network such as 10.0.0.0/8 or an IP address",
  ]);
  assert.deepEqual(mistakes({ ...example(), protection: { unproven: { proof: "hope" } } }), [
    'protection.unproven.proof: "hope" is not allowed; expected reply or token',
  ]);
});

test("a store's settings go with its kind", () => {
  const withStore = (store: unknown) => mistakes({ ...example(), store });
  assert.deepEqual(withStore({ kind: "journal" }), [
    "store.journal: missing; store.kind is journal",
  ]);
  assert.deepEqual(withStore({ journal: { path: "a" } }), [
    "store.journal: read by store.kind journal only; remove it or change the kind",
  ]);
  const journal = { path: "a" };
  assert.deepEqual(withStore({ kind: "journal", journal, activitySeconds: 300 }), [
    "store.activitySeconds: must be below sessionTimeoutSeconds",
  ]);
  assert.deepEqual(withStore({ kind: "redis", redis: {} }), [
    "store.redis: expected exactly one of url and urlEnv",
  ]);
});
