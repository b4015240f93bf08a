import assert from "node:assert/strict";
import { test } from "node:test";
import { output } from "@pulumi/pulumi";
import fc from "fast-check";
import { clouds } from "../testing/clouds.ts";
import { type Json, resolved, run } from "../testing/mocks.ts";
import { refused } from "../testing/refused.ts";
import { checkGatewayArgs, gatewayValues } from "./gateway-args.ts";
import {
  GatewayServices,
  L4Gateway,
  type L4GatewayArgs,
  PortAllocation,
  Protocol,
  type RouteArgs,
  TcpApplication,
  TcpRoute,
  type TcpRouteArgs,
  TlsMode,
  UdpRoute,
} from "./index.ts";
import { entryPointOf } from "./route-args.ts";

const GATEWAY = {
  namespace: "traefik",
  tcp: { from: 10_000, to: 10_099 },
  udp: { from: 11_000, to: 11_099 },
  reservedPorts: [],
  routeClass: "",
};
const gateway = (args: L4GatewayArgs = {}) => run(() => new L4Gateway("l4", args), clouds);
const values = (args: L4GatewayArgs = {}): Json => gatewayValues(args, checkGatewayArgs(args));
const udp = (args: Partial<RouteArgs> = {}) =>
  run(
    () =>
      new UdpRoute("dns", {
        gateway: GATEWAY,
        port: 11_000,
        backends: [{ service: "dns", port: 53 }],
        ...args,
      }),
    clouds,
  );
const tcp = (args: Partial<TcpRouteArgs> = {}) =>
  run(
    () =>
      new TcpRoute("db", {
        gateway: GATEWAY,
        port: 10_001,
        backends: [{ service: "db", port: 5432 }],
        ...args,
      }),
    clouds,
  );

test("trap 30: every UDP port has its idle time, which is 3 seconds unless said", () => {
  const args = values().additionalArguments as string[];
  assert.equal(args.length, 100);
  for (let port = 11_000; port <= 11_099; port++) {
    assert.ok(args.includes(`--entryPoints.udp-${port}.udp.timeout=60s`), String(port));
  }
  const own = values({
    udpIdleSeconds: 90,
    values: { additionalArguments: ["--log.level=DEBUG"] },
  });
  assert.equal(own.additionalArguments[0], "--log.level=DEBUG");
  assert.equal(own.additionalArguments[1], "--entryPoints.udp-11000.udp.timeout=90s");
});

test("trap 31: a UDP route names its entry point, always", async () => {
  const { one, result } = await udp();
  assert.deepEqual(one("IngressRouteUDP").inputs.spec, {
    entryPoints: ["udp-11000"],
    routes: [{ services: [{ name: "dns", port: 53 }] }],
  });
  assert.equal(await resolved(result.entryPoint), "udp-11000");
  // Without a port there is no entry point to name, so the type demands it.
  // @ts-expect-error: `port` is missing.
  const args: RouteArgs = { gateway: GATEWAY, backends: [{ service: "dns", port: 53 }] };
  assert.equal(args.port, undefined);
});

test("trap 32: names of 200 ports stay apart after 15 characters, protocols are in capitals", () => {
  const range = fc
    .tuple(fc.integer({ min: 10_000, max: 65_000 }), fc.integer({ min: 0, max: 199 }))
    .map(([from, more]) => ({ from, to: from + more }));
  fc.assert(
    fc.property(range, range, (tcpPorts, udpPorts) => {
      const ports = Object.entries(values({ tcpPorts, udpPorts }).ports) as [string, Json][];
      // As the chart cuts them.
      const cut = ports.map(([name]) => name.toLowerCase().slice(0, 15));
      assert.equal(new Set(cut).size, ports.length);
      for (const [name, { protocol, port, exposedPort, expose }] of ports.slice(2)) {
        assert.equal(protocol, name.startsWith("udp-") ? "UDP" : "TCP");
        assert.equal(exposedPort, port);
        assert.deepEqual(expose, { default: true });
      }
    }),
    { numRuns: 30 },
  );
  assert.equal(Object.keys(values().ports).length, 202, "200 and the chart's web and websecure");
});

test("trap 33: a route more leaves every argument of Traefik as it is", async () => {
  const program = (routes: number) =>
    run(() => {
      const l4 = new L4Gateway("l4");
      for (let n = 0; n < routes; n++) {
        new UdpRoute(`r${n}`, {
          gateway: l4.gateway,
          port: 11_000 + n,
          backends: [{ service: "a", port: 1 }],
        });
      }
    }, clouds);
  const [without, many] = [await program(0), await program(5)];
  assert.deepEqual(many.one("Release").inputs, without.one("Release").inputs);
  assert.equal(many.resources.filter(({ type }) => type.endsWith("IngressRouteUDP")).length, 5);
});

test("trap 34: pods are replaced one more first, and never all at once", () => {
  const { deployment, podDisruptionBudget, updateStrategy } = values();
  assert.equal(deployment.replicas, 2);
  assert.deepEqual(podDisruptionBudget, { enabled: true, maxUnavailable: 1 });
  assert.deepEqual(updateStrategy.rollingUpdate, { maxUnavailable: 0, maxSurge: 1 });
  assert.equal(values({ replicas: 1 }).podDisruptionBudget.enabled, false);
});

test("trap 35: a pod of the gateway serves on while it leaves, and pods spread over nodes", () => {
  const { deployment, topologySpreadConstraints } = values({ preStopSeconds: 20 });
  assert.deepEqual(deployment.lifecycle, { preStop: { sleep: { seconds: 20 } } });
  assert.equal(deployment.terminationGracePeriodSeconds, 50);
  assert.equal(topologySpreadConstraints[0].topologyKey, "kubernetes.io/hostname");
});

test("the gateway makes no Service: its ports go to the load balancer of the platform", async () => {
  const { one, result } = await gateway({ namespace: "edge" });
  assert.deepEqual(one("Release").inputs.values.service, { enabled: false });
  assert.equal(one("Release").inputs.version, "41.6.0");
  assert.equal(result.ports.length, 200);
  // As the chart labels its pods: release and namespace.
  assert.deepEqual(result.selector, {
    "app.kubernetes.io/instance": "traefik-edge",
    "app.kubernetes.io/name": "traefik",
  });
  assert.deepEqual(await resolved(result.gateway), { ...GATEWAY, namespace: "edge" });
});

test("or the chart makes one Service, or two", () => {
  const { service } = values({ service: { annotations: { a: "b" } } });
  assert.deepEqual(service, {
    enabled: true,
    single: true,
    annotations: { a: "b" },
    spec: { type: "LoadBalancer", externalTrafficPolicy: "Local" },
  });
  const split = values({ service: { services: GatewayServices.Split }, http: true });
  assert.equal(split.service.single, false);
  assert.deepEqual(split.ports.web.expose, { default: true });
  assert.deepEqual(values().ports.web.expose, { default: false });
});

test("pools that Traefik can't open are refused", async () => {
  const refuse = (args: L4GatewayArgs, path: string, reason: RegExp) =>
    refused(() => gateway(args), path, reason);
  await refuse({ udpPorts: { from: 53, to: 1060 } }, "udpPorts.from", /1024 to 65535/);
  await refuse({ udpPorts: { from: 2000, to: 1999 } }, "udpPorts", /before it begins/);
  await refuse({ tcpPorts: { from: 8000, to: 8010 } }, "tcpPorts", /8000, which Traefik itself/);
  await refuse({ tcpPorts: { from: 20_000, to: 20_500 } }, "tcpPorts", /501 ports, and 500/);
  await refuse({ udpIdleSeconds: 0 }, "udpIdleSeconds", /from 1 to 86400/);
  await refuse({ http: true }, "http", /no Service is made/);
});

test("a port outside of the pool is refused: nobody listens there", async () => {
  await refused(
    () => entryPointOf(Protocol.Tcp, 10_100, GATEWAY),
    "port",
    /10100 is not a TCP port of the gateway, which has 10000 to 10099/,
  );
  assert.equal(entryPointOf(Protocol.Udp, 11_099, GATEWAY), "udp-11099");
});

test("without TLS a TCP route takes whatever comes, as there is no name", async () => {
  const { one } = await tcp();
  assert.deepEqual(one("IngressRouteTCP").inputs.spec, {
    entryPoints: ["tcp-10001"],
    routes: [{ match: "HostSNI(`*`)", services: [{ name: "db", port: 5432 }] }],
  });
});

test("with TLS routes share a port by their names, passed on or ended", async () => {
  const passed = await tcp({
    tls: { mode: TlsMode.Passthrough, hosts: ["DB.example.com", "*.db.example.com"] },
  });
  const { routes, tls } = passed.one("IngressRouteTCP").inputs.spec;
  assert.equal(
    routes[0].match,
    "HostSNI(`db.example.com`) || HostSNIRegexp(`^[^.]+\\.db\\.example\\.com$`)",
  );
  assert.deepEqual(tls, { passthrough: true });
  const ended = await tcp({
    tls: { mode: TlsMode.Terminate, hosts: ["db.example.com"], secretName: "db-tls" },
  });
  assert.deepEqual(ended.one("IngressRouteTCP").inputs.spec.tls, { secretName: "db-tls" });
});

test("where the server speaks first no name can be read, and TLS is refused with the reason", async () => {
  const tls = { mode: TlsMode.Passthrough, hosts: ["db.example.com"] };
  const mysql = { backends: [{ service: "db", port: 3306 }] };
  await refused(() => tcp({ ...mysql, tls }), "tls", /MYSQL the server speaks first/);
  await refused(
    () => tcp({ tls, application: TcpApplication.ServerFirst }),
    "tls",
    /port of its own/,
  );
  // PostgreSQL's own request for TLS is one that Traefik answers.
  await tcp({ tls, application: TcpApplication.Postgres });
  // A MySQL behind something that speaks TLS from the first byte.
  await tcp({ ...mysql, tls, application: TcpApplication.ClientFirst });
  await tcp(mysql);
});

test("mistakes of a route are told together with their places", async () => {
  await refused(() => tcp({ backends: [] }), "backends", /at least one/);
  await refused(
    () => tcp({ backends: [{ service: "a", port: 0 }] }),
    "backends[0].port",
    /1 to 65535/,
  );
  const tls = { mode: TlsMode.Terminate, hosts: ["db.example.com"] };
  await refused(() => tcp({ tls }), "tls.secretName", /is missing/);
  await refused(
    () => tcp({ tls: { mode: TlsMode.Passthrough, hosts: ["a b"] } }),
    "tls.hosts[0]",
    /not a host name/,
  );
});

test("routes of a class are for the gateway of that class", async () => {
  const { one } = await udp({ gateway: { ...GATEWAY, routeClass: "games" } });
  assert.deepEqual(one("IngressRouteUDP").inputs.metadata.annotations, {
    "kubernetes.io/ingress.class": "games",
  });
  assert.deepEqual(values({ routeClass: "games" }).providers.kubernetesCRD, {
    enabled: true,
    ingressClass: "games",
  });
});

test("an allocation carries its pool, and its kubeconfig as a secret", async () => {
  const { one } = await run(() => {
    new PortAllocation("dns", {
      gateway: output({ ...GATEWAY, reservedPorts: [11_001] }),
      protocol: Protocol.Udp,
      port: 11_042,
    });
  }, clouds);
  assert.deepEqual(one("udp-ports:index:Allocation").inputs, {
    namespace: "traefik",
    protocol: "UDP",
    from: 11_000,
    to: 11_099,
    reserved: [11_001],
    requestedPort: 11_042,
    quarantineSeconds: 3600,
  });
  await refused(
    () =>
      run(
        () => new PortAllocation("dns", { gateway: GATEWAY, protocol: "udp" as Protocol }),
        clouds,
      ),
    "protocol",
    /UDP or TCP/,
  );
});
