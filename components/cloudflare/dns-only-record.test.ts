import assert from "node:assert/strict";
import { test } from "node:test";
import { InputPropertyError } from "@pulumi/pulumi";
import fc from "fast-check";
import { AksStaticIp, AksUdpLoadBalancer, Protocol } from "../aks/index.ts";
import { clouds } from "../testing/clouds.ts";
import { resolved, run } from "../testing/mocks.ts";
import {
  checkSiblings,
  type ExistingRecord,
  fullName,
  planRecords,
  recordContent,
} from "./dns-only-record-args.ts";
import { DnsOnlyRecord, type DnsOnlyRecordArgs, RecordType } from "./index.ts";

const ENDPOINT = {
  addresses: ["203.0.113.10", "2001:db8::1"],
  hostname: "lb.example.net",
  ports: [{ name: "audio", port: 8000, protocol: Protocol.Udp }],
};
const ARGS: DnsOnlyRecordArgs = { zone: "example.com", name: "udp.debug", endpoint: ENDPOINT };
const ZONE_ID = "0123456789abcdef0123456789abcdef";

function record(args: Partial<DnsOnlyRecordArgs> = {}) {
  return run(() => new DnsOnlyRecord("audio", { ...ARGS, ...args }), clouds);
}

function refused(program: () => unknown, propertyPath: string, reason: RegExp): void {
  assert.throws(program, (error) => {
    assert.ok(InputPropertyError.isInstance(error), String(error));
    assert.equal(error.propertyPath, propertyPath);
    assert.match(error.reason, reason);
    return true;
  });
}

test("one DNS-only A record under the full name", async () => {
  const { one, result, calls } = await record();
  assert.deepEqual(one("audio-a").inputs, {
    zoneId: ZONE_ID,
    name: "udp.debug.example.com",
    type: "A",
    content: "203.0.113.10",
    proxied: false,
    ttl: 60,
  });
  assert.equal(await resolved(result.hostname), "udp.debug.example.com");
  assert.deepEqual(calls.at(-1)?.inputs, {
    zoneId: ZONE_ID,
    name: { exact: "udp.debug.example.com" },
  });
});

test("a zone may be given by id", async () => {
  const zoneId = "f".repeat(32);
  const { one } = await run(
    () => new DnsOnlyRecord("audio", { zoneId, name: "udp", endpoint: ENDPOINT }),
    clouds,
  );
  assert.equal(one("audio-a").inputs.zoneId, zoneId);
  assert.equal(one("audio-a").inputs.name, "udp.example.com");
});

test("both versions, or the provider's own name", async () => {
  const both = await record({ recordTypes: [RecordType.A, RecordType.Aaaa], comment: "audio" });
  assert.equal(both.one("audio-aaaa").inputs.content, "2001:db8::1");
  assert.equal(both.one("audio-aaaa").inputs.comment, "audio");
  const alias = await record({ recordTypes: [RecordType.Cname] });
  assert.equal(alias.one("audio-cname").inputs.content, "lb.example.net");
  assert.equal(alias.one("audio-cname").inputs.proxied, false);
});

test("a load balancer with an address in each zone gets a record for each", async () => {
  const endpoint = { ...ENDPOINT, addresses: ["203.0.113.1", "203.0.113.2"] };
  const { one } = await record({ endpoint, addressesPerType: 2 });
  assert.equal(one("audio-a").inputs.content, "203.0.113.1");
  assert.equal(one("audio-a-2").inputs.content, "203.0.113.2");
});

test("the record goes before the address it names is given back", async () => {
  const { one } = await run(() => {
    const ip = new AksStaticIp("audio", { cluster: { name: "debug-aks", resourceGroup: "debug" } });
    const lb = new AksUdpLoadBalancer("audio", {
      address: ip.address,
      selector: { app: "audio" },
      ports: ENDPOINT.ports,
      skipAwait: true,
    });
    return new DnsOnlyRecord("audio", { ...ARGS, endpoint: lb.endpoint });
  }, clouds);
  assert.equal(one("audio-a").inputs.content, "203.0.113.10");
  assert.match(one("audio-a").dependencies.join(" "), /PublicIPAddress::audio-ip/);
  // Trap 36: the name does not wait for the Service, whose status may stay empty.
  assert.doesNotMatch(one("audio-a").dependencies.join(" "), /Service::/);
});

test("trap 28: a proxied record of the same name is refused, whatever leads to it", () => {
  const sibling = (type: string, proxied: boolean): ExistingRecord => ({
    name: "udp.example.com",
    type,
    content: "192.0.2.1",
    proxied,
  });
  for (const type of ["A", "AAAA", "CNAME"]) {
    refused(
      () => checkSiblings("udp.example.com", [sibling("TXT", false), sibling(type, true)]),
      "name",
      new RegExp(`proxied ${type} record \\(192\\.0\\.2\\.1\\).*name of its own`),
    );
  }
  const harmless = [sibling("A", false), sibling("TXT", false)];
  assert.equal(checkSiblings("udp.example.com", harmless), "udp.example.com");
  const nothing = undefined as unknown as ExistingRecord[];
  refused(() => checkSiblings("udp.example.com", nothing), "name", /could not be checked/);
});

test("trap 29: a record is never proxied, and its ttl is 1 or 60 to 86400", async () => {
  for (const ttl of [1, 60, 86_400]) {
    const { one } = await record({ ttl });
    assert.equal(one("audio-a").inputs.ttl, ttl);
    assert.equal(one("audio-a").inputs.proxied, false);
  }
  for (const ttl of [0, 2, 59, 60.5, 86_401, Number.NaN]) {
    refused(() => planRecords({ ...ARGS, ttl }), "ttl", /60 to 86400 seconds, or 1/);
  }
});

test("mistakes are refused before anything is registered", () => {
  const plan = (args: Partial<DnsOnlyRecordArgs>) => () => planRecords({ ...ARGS, ...args });
  refused(plan({ zoneId: ZONE_ID }), "zone", /exactly one/);
  refused(plan({ name: "udp..debug" }), "name", /not a DNS name/);
  refused(plan({ name: "udp.example.com." }), "name", /not a DNS name/);
  refused(plan({ recordTypes: [] }), "recordTypes", /at least one of A, AAAA, CNAME/);
  refused(plan({ recordTypes: ["A", "A"] }), "recordTypes[1]", /twice/);
  refused(plan({ recordTypes: ["TXT" as RecordType] }), "recordTypes[0]", /not known/);
  refused(plan({ recordTypes: ["A", "CNAME"] }), "recordTypes", /tolerates no other/);
  refused(plan({ addressesPerType: 0 }), "addressesPerType", /1 to 16/);
});

test("an endpoint that has not what the records need is refused with the numbers", () => {
  const a = { part: "a", type: RecordType.A, index: 0 };
  refused(
    () => recordContent({ ...ENDPOINT, addresses: [] }, a, 1),
    "endpoint.addresses",
    /has 0 for A records, and addressesPerType is 1/,
  );
  const { hostname: _, ...nameless } = ENDPOINT;
  refused(
    () => recordContent(nameless, { part: "cname", type: RecordType.Cname, index: 0 }, 1),
    "endpoint.hostname",
    /use A or AAAA/,
  );
});

test("a name is completed once, however it is written", () => {
  assert.equal(fullName("@", "Example.com"), "example.com");
  assert.equal(fullName("udp.debug", "example.com"), "udp.debug.example.com");
  // The zone's letters at the end of another word are not the zone.
  assert.equal(fullName("notexample.com", "example.com"), "notexample.com.example.com");
  fc.assert(
    fc.property(fc.domain(), fc.stringMatching(/^[a-z]{1,9}$/), (zone, name) => {
      const full = fullName(name, zone);
      assert.equal(fullName(full, zone), full);
      assert.ok(full.endsWith(zone.toLowerCase()));
    }),
  );
});
