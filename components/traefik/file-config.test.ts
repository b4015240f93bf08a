import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { refused } from "../testing/refused.ts";
import {
  dynamicConfig,
  type FileRoute,
  hashTcpRoutes,
  hashUdpRoutes,
  Protocol,
  staticConfig,
  TlsMode,
} from "./index.ts";

const POOLS = { tcp: { from: 10_000, to: 10_099 }, udp: { from: 11_000, to: 11_099 } };
const DATABASE: FileRoute = {
  name: "tcp_svc123",
  protocol: Protocol.Tcp,
  port: 10_001,
  upstreams: ["10.200.1.5:5432"],
  tls: { mode: TlsMode.Passthrough, hosts: ["db.example.com"] },
};
const DNS: FileRoute = {
  name: "dns",
  protocol: Protocol.Udp,
  port: 11_000,
  upstreams: ["10.200.1.7:53", "[fd00::7]:53"],
};

test("the static file opens every port of the pools, UDP ones with their idle time", () => {
  const text = staticConfig({
    pools: { tcp: { from: 10_000, to: 10_001 }, udp: { from: 11_000, to: 11_001 } },
    dynamicFile: "/etc/traefik/dynamic.yaml",
  });
  assert.equal(
    text,
    `entryPoints:
  tcp-10000:
    address: :10000
  tcp-10001:
    address: :10001
  udp-11000:
    address: :11000/udp
    udp:
      timeout: 60s
  udp-11001:
    address: :11001/udp
    udp:
      timeout: 60s
providers:
  file:
    filename: /etc/traefik/dynamic.yaml
    watch: true
`,
  );
  const { entryPoints, api } = parse(staticConfig({ pools: POOLS, dynamicFile: "d" }));
  assert.equal(Object.keys(entryPoints).length, 200);
  assert.equal(api, undefined);
});

test("Traefik's API is for the machine itself, if it is asked for", () => {
  const { entryPoints, api } = parse(
    staticConfig({ pools: POOLS, dynamicFile: "d", listen: "192.0.2.1", apiPort: 8080 }),
  );
  assert.deepEqual(api, { insecure: true });
  assert.deepEqual(entryPoints.traefik, { address: "127.0.0.1:8080" });
  assert.deepEqual(entryPoints["tcp-10000"], { address: "192.0.2.1:10000" });
});

test("the dynamic file has a router and a service for each route", () => {
  const mysql = { ...DATABASE, name: "mysql", port: 10_002, upstreams: ["10.200.1.6:3306"] };
  const { tls: _, ...plain } = mysql;
  assert.equal(
    dynamicConfig([DNS, DATABASE, plain], POOLS),
    `tcp:
  routers:
    mysql:
      rule: HostSNI(\`*\`)
      entryPoints:
        - tcp-10002
      service: mysql
    tcp_svc123:
      rule: HostSNI(\`db.example.com\`)
      entryPoints:
        - tcp-10001
      service: tcp_svc123
      tls:
        passthrough: true
  services:
    mysql:
      loadBalancer:
        servers:
          - address: 10.200.1.6:3306
    tcp_svc123:
      loadBalancer:
        servers:
          - address: 10.200.1.5:5432
udp:
  routers:
    dns:
      entryPoints:
        - udp-11000
      service: dns
  services:
    dns:
      loadBalancer:
        servers:
          - address: 10.200.1.7:53
          - address: "[fd00::7]:53"
`,
  );
  assert.equal(dynamicConfig([], POOLS), "{}\n");
});

test("mistakes of routes are told by their place", async () => {
  const refuse = (routes: readonly FileRoute[], path: string, reason: RegExp) =>
    refused(() => dynamicConfig(routes, POOLS), path, reason);
  await refuse([{ ...DNS, port: 10_000 }], "routes[0].port", /11000 to 11099/);
  await refuse([DNS, { ...DNS, port: 11_001 }], "routes[1].name", /used twice/);
  await refuse([DNS, { ...DNS, name: "b" }], "routes[1].port", /has the route "dns" already/);
  await refuse([{ ...DNS, upstreams: ["http://a:1"] }], "routes[0].upstreams[0]", /without http/);
  await refuse([{ ...DNS, upstreams: [] }], "routes[0].upstreams", /is empty/);
  const tls = { mode: TlsMode.Passthrough, hosts: ["a.b"] };
  await refuse([{ ...DNS, tls }], "routes[0].tls", /UDP has no names/);
  // Names share a port.
  const other = { ...DATABASE, name: "b", tls: { ...tls } };
  assert.match(dynamicConfig([DATABASE, other], POOLS), /HostSNI\(`a\.b`\)/);
});

test("fingerprints depend on what routes say, not on their order", () => {
  const name = fc.stringMatching(/^[a-z]{1,8}$/);
  const route = fc.record({
    name,
    protocol: fc.constantFrom(Protocol.Tcp, Protocol.Udp),
    port: fc.integer({ min: 10_000, max: 11_099 }),
    upstreams: fc.array(fc.constantFrom("10.0.0.1:1", "10.0.0.2:2"), { minLength: 1 }),
  });
  const routes = fc.uniqueArray(route, { selector: (one) => one.name, maxLength: 8 });
  fc.assert(
    fc.property(routes, (given) => {
      const turned = [...given]
        .reverse()
        .map((one) => ({ ...one, upstreams: [...one.upstreams].reverse() }));
      assert.equal(hashTcpRoutes(turned), hashTcpRoutes(given));
      assert.equal(hashUdpRoutes(turned), hashUdpRoutes(given));
      const [first, ...others] = given;
      if (first !== undefined) {
        const moved = [{ ...first, port: first.port + 1 }, ...others];
        const hash = first.protocol === Protocol.Tcp ? hashTcpRoutes : hashUdpRoutes;
        assert.notEqual(hash(moved), hash(given));
      }
    }),
  );
  assert.equal(hashTcpRoutes([DATABASE]), hashTcpRoutes([DATABASE, DNS]));
});
