import assert from "node:assert/strict";
import { test } from "node:test";
import type { Properties } from "../components/provider/index.ts";
import { onTheCluster, previewed, published, refusal } from "./testing/previewed.ts";

const ROUTE = {
  name: "dns",
  protocol: "UDP",
  port: 11_000,
  backends: [{ service: "dns", port: 53 }],
};
const SERVICE = { addresses: ["203.0.113.7"] };

test("l4: every port of the pools is open from the start, on an address of MetalLB", async () => {
  const stack = await previewed("l4");
  const service = stack.one("Service", "l4-service");
  const open = published(service);
  assert.equal(open.length, 200);
  for (const port of ["TCP 10000", "TCP 10099", "UDP 11000", "UDP 11099"]) {
    assert.ok(open.includes(port), port);
  }
  const { annotations } = service.given.metadata;
  assert.equal(annotations["metallb.io/loadBalancerIPs"], "192.168.1.210");
  const traefik = stack.one("Release", "l4-release").given.values;
  assert.equal(traefik.service.enabled, false);
  onTheCluster(stack);
});

test("l4: routes by name, by number and by an allocated port", async () => {
  const stack = await previewed("l4");
  const { spec } = stack.one("IngressRouteTCP", "postgres-route").given;
  assert.equal(spec.routes[0].match, "HostSNI(`db.example.com`)");
  assert.deepEqual([spec.entryPoints, spec.tls], [["tcp-10001"], { passthrough: true }]);
  const mysql = stack.one("IngressRouteTCP", "mysql-route").given;
  assert.equal(mysql.spec.routes[0].match, "HostSNI(`*`)");
  const allocation = stack.one("Allocation", "game");
  assert.equal(allocation.given.protocol, "UDP");
  assert.ok(stack.one("IngressRouteUDP", "game-route").dependencies.includes(allocation.urn));
  const ports = stack.outputs.ports as Properties;
  assert.deepEqual([ports.postgres, ports.mysql], [10_001, 10_002]);
  const names = stack.all("DnsRecord").map(({ given }) => `${given.name} ${given.content}`);
  assert.deepEqual(names.toSorted(), [
    "db.example.com 192.168.1.210",
    "proxy.example.com 192.168.1.210",
  ]);
});

test("the chart makes the Service where something else hands out addresses", async () => {
  const stack = await previewed("none", {
    "udp:platform": "traefik",
    "udp:traefik": { service: { ...SERVICE, loadBalancerClass: "cloud" }, routes: [ROUTE] },
  });
  const { service } = stack.one("Release").given.values;
  assert.deepEqual([service.enabled, service.spec.loadBalancerClass], [true, "cloud"]);
  assert.equal(stack.all("Service").length, 0);
  assert.deepEqual((stack.outputs.endpoint as Properties).addresses, ["203.0.113.7"]);
});

test("everything that is wrong is told at once, with its path", async () => {
  const message = await refusal({
    "udp:platform": "traefik",
    "udp:traefik": {
      address: "192.168.1.200",
      routes: [
        { ...ROUTE, hostname: "dns" },
        { ...ROUTE, name: "other" },
        { ...ROUTE, name: "far", port: 12_000 },
      ],
    },
  });
  for (const line of [
    /^5 mistakes/,
    /udp:traefik\.metallb: and service: give exactly one/,
    /udp:traefik\.address: is given, but there is no pool/,
    /udp:traefik\.routes\[0\]\.hostname: is given, but there is no zone/,
    /udp:traefik\.routes\[1\]\.port: 11000 is not allowed: UDP 11000 is that of dns/,
    /udp:traefik\.routes\[2\]\.port: 12000 is not a UDP port of the gateway/,
  ]) {
    assert.match(message, line);
  }
});
