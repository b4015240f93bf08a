import assert from "node:assert/strict";
import { test } from "node:test";
import { packageSchema } from "../scripts/plugin-schema/schema.ts";
import manifest from "./package.json" with { type: "json" };
import { schema, servedSchema } from "./schema.ts";

test("plugin/schema.json is the library as its sources have it", () => {
  const made = JSON.parse(JSON.stringify(packageSchema()));
  assert.deepEqual(schema, made, "run: node scripts/plugin-schema.ts, and review what changed");
});

test("the schema has every component, with what it takes and gives", () => {
  const names = Object.keys(schema.resources).map((token) => token.split(":").slice(1).join(":"));
  assert.ok(names.length >= 34, `${names.length} components`);
  const { AksUdpLoadBalancer, ...others } = Object.fromEntries(
    Object.entries(schema.resources).map(([token, spec]) => [token.split(":")[2], spec]),
  );
  assert.deepEqual(Object.keys(AksUdpLoadBalancer?.properties ?? {}), [
    "clusterHostname",
    "endpoint",
    "internalHostname",
  ]);
  assert.deepEqual(AksUdpLoadBalancer?.inputProperties.namespace?.type, "string");
  assert.equal(AksUdpLoadBalancer?.inputProperties.ports?.plain, true);
  assert.ok("DnsOnlyRecord" in others && "UdpDirector" in others && "L4Gateway" in others);
});

test("what is served asks for nothing to be known at once", () => {
  assert.doesNotMatch(servedSchema(), /"plain"/);
  assert.deepEqual(
    Object.keys(JSON.parse(servedSchema()).resources),
    Object.keys(schema.resources),
  );
});

test("the plugin has the library's version", () => {
  assert.equal(manifest.version, schema.version);
  assert.equal(manifest.dependencies["pulumi-udp"], schema.version);
});
