import assert from "node:assert/strict";
import { test } from "node:test";
import {
  driftReport,
  expectedRoutes,
  type FileRoute,
  Protocol,
  servedRoutes,
  TlsMode,
  type TraefikApi,
} from "./index.ts";

const ROUTES: readonly FileRoute[] = [
  {
    name: "db",
    protocol: Protocol.Tcp,
    port: 10_001,
    upstreams: ["10.200.1.5:5432"],
    tls: { mode: TlsMode.Passthrough, hosts: ["db.example.com"] },
  },
  { name: "dns", protocol: Protocol.Udp, port: 11_000, upstreams: ["10.200.1.7:53"] },
];

/** What Traefik's API answers while it serves these routes, with a router of its own. */
const API: TraefikApi = {
  tcpRouters: [
    {
      entryPoints: ["tcp-10001"],
      service: "db",
      rule: "HostSNI(`db.example.com`)",
      tls: { passthrough: true },
      status: "enabled",
      name: "db@file",
      provider: "file",
    },
  ],
  tcpServices: [{ name: "db@file", loadBalancer: { servers: [{ address: "10.200.1.5:5432" }] } }],
  udpRouters: [
    {
      entryPoints: ["udp-11000"],
      service: "dns",
      status: "enabled",
      name: "dns@file",
      provider: "file",
    },
  ],
  udpServices: [{ name: "dns@file", loadBalancer: { servers: [{ address: "10.200.1.7:53" }] } }],
};

test("a gateway that serves what the routes say is in sync", () => {
  const report = driftReport(expectedRoutes(ROUTES), servedRoutes(API), true);
  assert.deepEqual(report.lines, []);
  assert.equal(report.inSync, true);
  assert.equal(report.hashes.tcp.expected, report.hashes.tcp.served);
  assert.equal(report.hashes.udp.expected, report.hashes.udp.served);
});

test("each difference is a line that says what to run", () => {
  const served = servedRoutes({
    ...API,
    tcpRouters: API.tcpRouters.map((router) => ({ ...router, tls: {} })),
    udpRouters: [{ entryPoints: ["udp-11001"], service: "x", name: "x@kubernetescrd" }],
  });
  const report = driftReport(expectedRoutes(ROUTES), served);
  assert.equal(report.inSync, false);
  assert.equal(report.lines.length, 3);
  const [db = "", dns = "", x = ""] = report.lines;
  assert.match(db, /^db \(tcp-10001\) is served otherwise, .*pulumi up --refresh$/);
  assert.match(dns, /^dns \(udp-11000\) is not served: run pulumi up/);
  assert.match(x, /^x \(udp-11001\) is served, but no route here says so: .*pulumi import$/);
  assert.notEqual(report.hashes.udp.expected, report.hashes.udp.served);
});

test("a router that Traefik disabled over a mistake is not served", () => {
  const udpRouters = API.udpRouters.map((router) => ({ ...router, status: "disabled" }));
  const report = driftReport(expectedRoutes(ROUTES), servedRoutes({ ...API, udpRouters }));
  assert.match(report.lines[0] ?? "", /dns \(udp-11000\) is not served/);
});

test("addresses of pods count only if asked for, as they change by themselves", () => {
  const udpServices = [
    { name: "dns@file", loadBalancer: { servers: [{ address: "10.42.0.9:53" }] } },
  ];
  const served = servedRoutes({ ...API, udpServices });
  assert.equal(driftReport(expectedRoutes(ROUTES), served).inSync, true);
  assert.equal(driftReport(expectedRoutes(ROUTES), served, true).inSync, false);
});
