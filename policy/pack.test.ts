import assert from "node:assert/strict";
import { test } from "node:test";
import { toPolicy } from "./pack.ts";
import { rules } from "./rules.ts";

test("every rule is a policy with a name, a level with its reason, and a way out", () => {
  assert.equal(new Set(rules.map(({ name }) => name)).size, rules.length);
  for (const rule of rules) {
    assert.match(rule.name, /^udp(-[a-z0-9]+)+$/);
    assert.match(rule.refuses, /^An? \S.{20,}\.$/, rule.name);
    assert.match(rule.wayOut, /^[A-Z].{10,}\.$/, rule.name);
    assert.match(
      rule.levelReason,
      /^[^A-Z].{10,}[^.]$|^(AWS|Azure|Cloudflare|DigitalOcean)/,
      rule.name,
    );
    const { name, enforcementLevel, description } = toPolicy(rule);
    assert.deepEqual([name, enforcementLevel, description], [rule.name, rule.level, rule.refuses]);
  }
});

const opts = { protect: false, ignoreChanges: [], aliases: [], additionalSecretOutputs: [] };
const common = {
  urn: "urn:record",
  name: "record",
  opts: { ...opts, customTimeouts: { createSeconds: 0, updateSeconds: 0, deleteSeconds: 0 } },
  stackTags: new Map<string, string>(),
  isType: () => false,
  asType: () => undefined,
  getConfig: <T extends object>() => ({}) as T,
  notApplicable: (): never => {
    throw new Error("not applicable");
  },
};
const policyOf = (name: string) => {
  const rule = rules.find((one) => one.name === name);
  assert.ok(rule);
  return toPolicy(rule);
};

test("a violation says what is wrong and what to do, of the resource that is wrong", async () => {
  const type = "cloudflare:index/dnsRecord:DnsRecord";
  const props = { zoneId: "z", name: "udp.example.com", type: "A", proxied: true };
  const said: (readonly [unknown, unknown])[] = [];
  const report = (message: unknown, urn?: unknown) => said.push([message, urn]);

  const one = policyOf("udp-dns-record-proxied");
  assert.ok("validateResource" in one && typeof one.validateResource === "function");
  await one.validateResource({ ...common, type, props }, report);
  await one.validateResource({ ...common, type: "aws:ec2/eip:Eip", props }, report);

  const all = policyOf("udp-dns-record-proxied-sibling");
  assert.ok("validateStack" in all);
  const resource = { ...common, type, dependencies: [], propertyDependencies: {} };
  const resources = [
    { ...resource, props },
    { ...resource, urn: "urn:other", name: "other", props: { ...props, proxied: false } },
  ];
  await all.validateStack({ ...common, resources }, report);

  assert.equal(said.length, 2);
  assert.match(String(said[0]?.[0]), /^udp\.example\.com is proxied: .*\. Set `proxied: false`/);
  assert.match(String(said[1]?.[0]), /DNS-only in "other".*\. Set `proxied: false`/);
  assert.equal(said[1]?.[1], "urn:record");
});
