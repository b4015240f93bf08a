import assert from "node:assert/strict";
import { test } from "node:test";
import { recorded } from "../../test/workflows/recording.ts";
import { markdownOf } from "./markdown.ts";
import { type PreviewJson, readPreview } from "./preview-json.ts";
import { summarize } from "./summary.ts";

const HEADING = { stack: "debug", where: "on the simulated clouds" };
const markdown = (text: string) => markdownOf(summarize(readPreview(text)), HEADING);

/** One step about a resource of a cloud. */
const step = (op: string, type: string, name: string, states: object, rest: object = {}) => ({
  ...{ op, urn: `urn:pulumi:debug::udp::${type}::${name}` },
  ...Object.fromEntries(
    Object.entries(states).map(([key, state]) => [key, { custom: true, type, ...state }]),
  ),
  ...rest,
});
const ADDRESS = "azure-native:network:PublicIPAddress";
const show = (...steps: object[]) =>
  markdownOf(summarize({ steps } as unknown as PreviewJson), HEADING);

test("a new stack: what is created, with its address and name first", () => {
  const text = markdown(recorded("create"));
  assert.match(text, /^### `debug`: 11 created, on the simulated clouds\n/);
  assert.match(
    text,
    /> - DNS name `udp-a` \(`udp\.debug\.augmentos\.cloud A .*\) is \*\*created\*\*/,
  );
  assert.match(text, /> - static address `udp-ip` is \*\*created\*\*/);
  assert.match(text, /\| created \| Service `workload-service` \| {2}\|/);
  // Components and providers are no resources of a cloud.
  assert.doesNotMatch(text, /AksStaticIp|`cluster`|udp-debug/);
  assert.ok(text.indexOf("static address") < text.indexOf("| resource |"));
});

test("a change: replaced before changed, with the property that replaces", () => {
  const text = markdown(recorded("change"));
  assert.match(text, /^### `debug`: 7 replaced, 1 changed/);
  assert.match(
    text,
    /\| \*\*replaced\*\* \| Service `workload-service` \| `metadata\.namespace` \(replaces\) \|/,
  );
  assert.match(text, /\| changed \| DnsRecord `udp-a` \| `ttl` \|/);
  assert.match(text, /Stays: static address `udp-ip` \(`198\.51\.100\.\d+`\)\./);
});

test("drift: what a refresh found counts only as what a deployment would do", () => {
  const text = markdown(recorded("drift"));
  assert.match(text, /^### `debug`: 6 destroyed, 2 changed, 1 created/);
  assert.match(text, /A 198\.51\.100\.\d+` → `udp\.debug\.augmentos\.cloud A an address that/);
});

test("a preview that failed says why, whatever is in the text", () => {
  const text = markdown(recorded("failed"));
  assert.match(text, /^### `debug`: the preview failed/);
  assert.match(text, /udp:aks\.ports: \[\] is not allowed/);
  const hostile = { diagnostics: [{ severity: "error", message: "```\n# no\n````" }] };
  const shown = markdownOf(summarize(hostile), HEADING);
  assert.match(shown, /\n`{5}\n```\n# no\n````\n`{5}\n/);
});

test("a lost or replaced address is called out as such", () => {
  const ip = (ipAddress: string) => ({ outputs: { ipAddress } });
  const gone = show(step("delete", ADDRESS, "ip", { oldState: ip("192.0.2.1") }));
  assert.match(
    gone,
    /\[!CAUTION\]\n> - static address `ip` \(`192\.0\.2\.1`\) is \*\*destroyed\*\*/,
  );
  const moved = show(
    step("create-replacement", ADDRESS, "ip", { oldState: ip("192.0.2.1"), newState: {} }),
    step("replace", ADDRESS, "ip", { oldState: ip("192.0.2.1"), newState: {} }),
    step("delete-replaced", ADDRESS, "ip", { oldState: ip("192.0.2.1") }),
  );
  assert.match(moved, /^### `debug`: 1 replaced/);
  assert.match(
    moved,
    /\[!CAUTION\]\n> - static address `ip` \(`192\.0\.2\.1`\) is \*\*replaced\*\*/,
  );
  for (const [type, property] of [
    ["aws:ec2/eip:Eip", "publicIp"],
    ["digitalocean:index/reservedIp:ReservedIp", "ipAddress"],
    ["digitalocean:index/loadBalancer:LoadBalancer", "ip"],
    ["aws:lb/loadBalancer:LoadBalancer", "dnsName"],
  ] as const) {
    const text = show(step("delete", type, "x", { oldState: { outputs: { [property]: "that" } } }));
    assert.match(text, /static address `x` \(`that`\) is \*\*destroyed\*\*/, type);
  }
});

test("a Service with a fixed address of the local network is one that clients know", () => {
  const metadata = { annotations: { "metallb.io/loadBalancerIPs": "192.168.1.200" } };
  const service = "kubernetes:core/v1:Service";
  const text = show(
    step("same", service, "kept", { newState: { inputs: { metadata } } }),
    step("create", service, "internal", { newState: { inputs: { metadata: {} } } }),
  );
  assert.match(text, /Stays: static address `kept` \(`192\.168\.1\.200`\)\./);
  assert.doesNotMatch(text, /address `internal`/);
});

test("a proxied name shows, and no text gets out of its cell", () => {
  const record = { name: "a|`b", type: "A", content: "192.0.2.1", proxied: true };
  const text = show(
    step("create", "cloudflare:index/dnsRecord:DnsRecord", "n|`\n| x", {
      newState: { inputs: record },
    }),
  );
  assert.match(text, /`a\\\| b A 192\.0\.2\.1, proxied`/);
  assert.match(text, /\| created \| DnsRecord `n\\\| {2}\\\| x` \|/);
});

test("long tables and rows are cut, and say so", () => {
  const many = Array.from({ length: 130 }, (_, n) =>
    step("create", "a:b:C", `n${n}`, { newState: {} }),
  );
  const text = show(...many);
  assert.match(text, /130 created/);
  assert.match(text, /\| and 30 more \|/);
  const detailedDiff = Object.fromEntries(
    Array.from({ length: 9 }, (_, n) => [`p${n}`, { kind: n === 8 ? "update-replace" : "update" }]),
  );
  const states = { oldState: {}, newState: {} };
  const row = show(step("replace", "a:b:C", "x", states, { detailedDiff }));
  assert.match(row, /`p8` \(replaces\), `p0`.*and 3 more/);
});

test("a change without paths names the properties, nothing is said to be nothing", () => {
  const states = { oldState: {}, newState: {} };
  const text = show(step("update", "a:b:C", "x", states, { diffReasons: ["tags"] }));
  assert.match(text, /\| changed \| C `x` \| `tags` \|/);
  assert.match(show(), /^### `debug`: nothing changes, on the simulated clouds\n$/);
});

test("output that is no preview is an error with its text", () => {
  assert.throws(() => readPreview("error: no stack named x"), /no preview in .*no stack named x/);
  assert.throws(() => readPreview('{"steps": ['), /no preview/);
  assert.deepEqual(readPreview("warning: new version\n{}\n"), {});
});
