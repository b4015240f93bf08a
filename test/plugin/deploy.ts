import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { openWorkspace } from "../../simulation/engine/index.ts";
import { changesOf, succeeded } from "../../simulation/testing/life-cycle.ts";

const root = path.resolve(import.meta.dirname, "../..");
const world = { zones: ["example.com"] };
/** The same deployment in every language. */
const MADE = [
  "create DnsOnlyRecord relay",
  "create DnsRecord relay-a",
  "create DoDropletRelay relay",
  "create DoReservedIp relay",
  "create Droplet relay-droplet",
  "create Firewall relay-firewall",
  "create ReservedIp relay-ip",
  "create ReservedIpAssignment relay-address",
  "create Stack relay-dev",
  "create Tag relay-tag",
];
const published = (address: unknown) => ({
  endpoint: { addresses: [address], ports: [{ name: "quic", port: 4433, protocol: "UDP" }] },
});

/** Deploys the example of a language on the real engine, and holds that it is the one of them all. */
export async function deploy(language: string, ...flags: readonly string[]): Promise<void> {
  // The project elsewhere, as that of somebody who has the plugin at hand.
  const projectDir = await mkdtemp(path.join(tmpdir(), "pulumi-udp-example-"));
  const project = await readFile(path.join(root, "examples", language, "Pulumi.yaml"), "utf8");
  await writeFile(
    path.join(projectDir, "Pulumi.yaml"),
    project.replace("../../plugin", path.join(root, "plugin")),
  );
  await using folders = new AsyncDisposableStack();
  folders.defer(() => rm(projectDir, { recursive: true, force: true }));
  await using workspace = await openWorkspace({ projectDir, stack: "dev", world });
  const made = changesOf(succeeded(await workspace.up(...flags)));
  assert.deepEqual(
    made.filter((change) => !/ default(_|$)/.test(change)),
    MADE,
  );
  const outputs = (await workspace.outputs()) as ReturnType<typeof published>;
  assert.deepEqual(outputs, published(outputs.endpoint.addresses[0]));
  assert.match(String(outputs.endpoint.addresses[0]), /^[\d.]+$/);
}
