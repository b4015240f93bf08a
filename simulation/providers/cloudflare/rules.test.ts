import assert from "node:assert/strict";
import { test } from "node:test";
import { UNKNOWN } from "../../../components/provider/index.ts";
import { newWorld } from "../../cloud/world.ts";
import { testRules } from "../../testing/rule-cases.ts";
import { functions } from "./functions.ts";
import { models } from "./models.ts";
import { ANYCAST, resolve, zoneIdOf } from "./zones.ts";

const zoneId = zoneIdOf("example.com");
const record = {
  zoneId,
  name: "udp.example.com",
  type: "A",
  content: "192.0.2.1",
  ttl: 60,
  proxied: false,
};
const seeded = (type: string, content: string, proxied = false) => ({
  records: [{ zone: "example.com", name: "udp", type, content, proxied }],
});

testRules(models, {
  "cloudflare-record-type": {
    broken: [{ inputs: { type: "UDP" }, says: /^type: value must be one of/ }],
    fine: [{ inputs: { type: "a" } }, { inputs: { type: UNKNOWN } }],
  },
  "cloudflare-record-number-ranges": {
    broken: [
      { inputs: { priority: 65_536 }, says: /^priority/ },
      { inputs: { data: { port: 70_000 } }, says: /^data\.port/ },
    ],
    fine: [{ inputs: { data: { port: 65_535, weight: UNKNOWN } } }],
  },
  "cloudflare-zone-exists": {
    broken: [
      {
        inputs: { zoneId: "0".repeat(32) },
        seed: { anyZone: false, zones: ["example.com"] },
        says: /7003/,
      },
    ],
    fine: [
      { inputs: record },
      { inputs: record, seed: { anyZone: false, zones: ["example.com"] } },
    ],
  },
  "cloudflare-proxied-ttl": {
    broken: [{ inputs: { proxied: true, ttl: 60 }, says: /ttl must be set to 1/ }],
    fine: [{ inputs: { proxied: true, ttl: 1 } }, { inputs: { proxied: false, ttl: 60 } }],
  },
  "cloudflare-ttl-range": {
    broken: [
      { inputs: { ttl: 59, zoneId }, says: /between 60 and 86400/ },
      { inputs: { ttl: 86_401, zoneId }, says: /between 60 and 86400/ },
      {
        inputs: { ttl: 29, zoneId },
        seed: { enterpriseZones: ["example.com"] },
        says: /between 30/,
      },
    ],
    fine: [
      { inputs: { ttl: 1 } },
      { inputs: { ttl: 60 } },
      { inputs: { ttl: 86_400 } },
      { inputs: { ttl: 30, zoneId }, seed: { enterpriseZones: ["example.com"] } },
    ],
  },
  "cloudflare-content": {
    broken: [
      { inputs: { type: "A", content: "lb.example.net" }, says: /IPv4/ },
      { inputs: { type: "A", content: "2001:db8::1" }, says: /IPv4/ },
      { inputs: { type: "AAAA", content: "192.0.2.1" }, says: /IPv6/ },
      { inputs: { type: "SRV", content: "0 5 7777 udp.example.com" }, says: /data/ },
      { inputs: { type: "CNAME" }, says: /content is required/ },
    ],
    fine: [
      { inputs: record },
      { inputs: { type: "AAAA", content: "2001:db8::1" } },
      { inputs: { type: "SRV", data: { port: 7777, target: "udp.example.com" } } },
      { inputs: { type: "CNAME", content: "lb.example.net" } },
    ],
  },
  "cloudflare-proxiable": {
    broken: [{ inputs: { type: "SRV", proxied: true }, says: /cannot be proxied/ }],
    fine: [
      { inputs: { type: "CNAME", proxied: true } },
      { inputs: { type: "SRV", proxied: false } },
    ],
  },
  "cloudflare-identical-record": {
    broken: [{ inputs: record, seed: seeded("A", "192.0.2.1"), says: /81058/ }],
    fine: [
      { inputs: record, seed: seeded("A", "192.0.2.2") },
      { inputs: record, seed: seeded("TXT", "192.0.2.1") },
    ],
  },
  "cloudflare-cname-alone": {
    broken: [
      { inputs: record, seed: seeded("CNAME", "lb.example.net"), says: /81054/ },
      {
        inputs: { ...record, type: "CNAME", content: "x.example.net" },
        seed: seeded("A", "192.0.2.1"),
        says: /81053/,
      },
      {
        inputs: { ...record, type: "CNAME", content: "x.example.net" },
        seed: seeded("CNAME", "y.example.net"),
        says: /81053/,
      },
    ],
    fine: [
      { inputs: record, seed: seeded("AAAA", "2001:db8::1") },
      {
        inputs: { ...record, type: "CNAME", content: "x.example.net" },
        seed: seeded("TXT", "note"),
      },
    ],
  },
  "cloudflare-proxied-sibling": {
    broken: [
      {
        inputs: record,
        seed: seeded("A", "192.0.2.9", true),
        says: /treats all of them as proxied/,
      },
      {
        inputs: { ...record, proxied: true, ttl: 1 },
        seed: seeded("AAAA", "2001:db8::1"),
        says: /proxied/,
      },
    ],
    fine: [
      { inputs: record, seed: seeded("A", "192.0.2.9") },
      { inputs: { ...record, name: "other.example.com" }, seed: seeded("A", "192.0.2.9", true) },
    ],
  },
});

test("a proxied sibling sends clients of every address of the name to Cloudflare", () => {
  const both = { zone: "example.com", name: "udp", type: "A" };
  const unproxied = newWorld({ records: [{ ...both, content: "192.0.2.1" }] });
  assert.deepEqual(resolve(unproxied, "example.com", "udp"), ["192.0.2.1"]);
  const mixed = newWorld({
    records: [
      { ...both, content: "192.0.2.1" },
      { ...both, content: "192.0.2.2", proxied: true },
    ],
  });
  assert.deepEqual(resolve(mixed, "example.com", "udp.example.com"), [ANYCAST]);
});

test("look-ups find zones and records by name", () => {
  const world = newWorld({ ...seeded("A", "192.0.2.1"), anyZone: false });
  const call = (name: string, args: Parameters<NonNullable<(typeof functions)[string]>>[0]) =>
    functions[`cloudflare:index/${name}:${name}`]?.(args, world, {}) ?? {};
  assert.equal(call("getZone", { filter: { name: "example.com" } }).zoneId, zoneId);
  assert.throws(() => call("getZone", { filter: { name: "example.org" } }), /exactly one zone/);
  assert.deepEqual(call("getZones", { name: "example.org" }).results, []);
  const found = call("getDnsRecords", { zoneId, name: { exact: "udp.example.com" }, type: "A" });
  assert.equal((found.results as readonly { content: string }[])[0]?.content, "192.0.2.1");
  assert.deepEqual(
    call("getDnsRecords", { zoneId, name: { exact: "tcp.example.com" } }).results,
    [],
  );
});
