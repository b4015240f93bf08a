import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { UNKNOWN } from "../components/provider/index.ts";
import { portsProvider } from "../components/traefik/plugin/provider.ts";
import { memoryPortStore } from "../components/traefik/ports/store.ts";
import { valueAt } from "./cloud/paths.ts";
import { plain, preview } from "./mini-engine/index.ts";

const projectDir = path.join(import.meta.dirname, "test-program");
const components = path.resolve(import.meta.dirname, "..", "components");

/** The examples of the pages on clusters of one's own, and the addresses that their previews know. */
const examples: Readonly<Record<string, readonly string[]>> = {
  "metallb/examples/audio.ts": ["192.168.1.200"],
  "cilium/examples/relay.ts": ["10.0.150.205"],
  "director/examples/shared.ts": ["192.168.1.210"],
  "websocket/examples/messaging.ts": ["203.0.113.7"],
};

for (const [file, addresses] of Object.entries(examples)) {
  test(`${file} previews with its address, before anything exists`, async () => {
    const main = path.join(components, file);
    const providers = [portsProvider(memoryPortStore())];
    const result = await preview({ projectDir, main, stack: "dev", providers });
    assert.equal(result.exitCode, 0, result.terminal);
    assert.deepEqual(result.diagnostics, []);
    assert.deepEqual(valueAt(plain(result.outputs.endpoint ?? {}), "addresses"), addresses);
  });
}

const clusters = (config: Readonly<Record<string, unknown>> = {}) =>
  preview({ projectDir, main: "clusters.ts", stack: "dev", config });

test("traefik/examples/dns.ts previews with the port that the gateway would give", async () => {
  const store = memoryPortStore();
  const place = { namespace: "traefik", protocol: "UDP", kubeconfig: "" } as const;
  await store.change(place, (table) => ({
    // All but one of the pool.
    table: new Map([
      ...table,
      ...Array.from({ length: 99 }, (_, n) => [11_001 + n, { owner: "somebody" }] as const),
    ]),
    result: undefined,
  }));
  const main = path.join(components, "traefik/examples/dns.ts");
  const providers = [portsProvider(store)];
  const result = await preview({ projectDir, main, stack: "dev", providers });
  assert.equal(result.exitCode, 0, result.terminal);
  assert.deepEqual(result.diagnostics, []);
  assert.equal(result.outputs.port, 11_000);
  const route = result.resources.find(({ type }) => type.endsWith(":IngressRouteUDP"));
  assert.deepEqual(valueAt(route?.inputs, "spec.entryPoints"), ["udp-11000"]);
});

test("a preview knows what is asked for, and no address that somebody has to choose", async () => {
  const { outputs, exitCode, terminal } = await clusters();
  assert.equal(exitCode, 0, terminal);
  assert.deepEqual(plain(outputs.addresses ?? []), ["192.168.1.200", UNKNOWN, "10.0.150.205"]);
});

test("an address outside of a pool that is an output is told at the component", async () => {
  const { exitCode, diagnostics, terminal } = await clusters({ address: "192.168.1.9" });
  assert.notEqual(exitCode, 0);
  const told = `${diagnostics.map(({ message }) => message).join("\n")}${terminal}`;
  assert.match(told, /addresses\[0\]: 192\.168\.1\.9 is not in the pool/);
});
