import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { openWorkspace } from "../simulation/engine/index.ts";

const repository = path.resolve(import.meta.dirname, "..");
const TIMEOUT_MS = 110_000;

test("a stack that breaks policies is stopped with what is wrong and the way out", async () => {
  await using workspace = await openWorkspace({
    projectDir: path.join(import.meta.dirname, "testing", "broken-stack"),
    stack: "dev",
    timeoutMs: TIMEOUT_MS,
    world: { zones: ["example.com"] },
  });
  const { succeeded, terminal, diagnostics } = await workspace.preview(
    "--policy-pack",
    import.meta.dirname,
  );
  assert.equal(succeeded, false, terminal);
  const said = `${terminal}\n${diagnostics.map(({ message }) => message).join("\n")}`;
  for (const [policy, fault, wayOut] of [
    ["udp-azure-address-reserved-tag", 'the tag "service" hands', "Use another key"],
    ["udp-azure-address-standard-static", "its SKU is Basic", 'sku: { name: "Standard" }'],
    ["udp-aks-service-cluster-policy", "its UDP ports get no", "externalTrafficPolicy: Local"],
    ["udp-service-public-admin-port", "it publishes port 9090 metrics", "ClusterIP Service"],
    ["udp-dns-record-proxied", "udp.example.com is proxied", "proxied: false"],
    ["udp-do-firewall-outbound", "no `outboundRules`", "List the outbound rules"],
    ["udp-ssh-open-to-the-world", "TCP port 22 is open", "Name the addresses"],
  ] as const) {
    for (const text of [policy, fault, wayOut]) {
      assert.ok(said.includes(text), `${policy}: "${text}" is missing in\n${said}`);
    }
  }
});

test("our own stack passes, and is warned of what it chose", async () => {
  await using workspace = await openWorkspace({
    projectDir: repository,
    stack: "prod",
    timeoutMs: TIMEOUT_MS,
  });
  const { succeeded, terminal } = await workspace.preview("--policy-pack", import.meta.dirname);
  assert.ok(succeeded, terminal);
  // A rule over the whole stack, which the engine asks at the end.
  assert.match(terminal, /\[advisory\]\s+udp-deployment-one-replica/);
  assert.doesNotMatch(terminal, /\[mandatory\]/);
});
