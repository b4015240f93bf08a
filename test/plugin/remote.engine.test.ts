import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { freePort } from "../../components/testing/free-port.ts";
import { schema } from "../../plugin/schema.ts";
import { openWorkspace } from "../../simulation/engine/index.ts";
import { changesOf, succeeded } from "../../simulation/testing/life-cycle.ts";

/**
 * The plugin on the real engine. A component that it constructs registers what the library itself
 * registers in a Node.js program, so a stack that goes from one to the other changes nothing.
 */

const projectDir = path.join(import.meta.dirname, "program");
const world = {
  zones: ["example.com"],
  clusters: [{ name: "prod-aks", resourceGroup: "prod" }],
};
const options = { projectDir, stack: "dev", world };
const constructed = new Set<string>();

test("a stack of every cloud goes over to the plugin, and nothing changes", async () => {
  const program = "../../../simulation/test-program/every-cloud.ts";
  await using workspace = await openWorkspace({ ...options, config: { program } });
  succeeded(await workspace.up());
  for (const { type } of await workspace.exportState()) constructed.add(type);
  await workspace.configure({ remote: true });
  const changes = changesOf(succeeded(await workspace.preview()));
  assert.deepEqual(changes, ["create pulumi-udp default"], "the plugin, and no resource");
});

test("what the plugin has made, the library itself leaves as it is", async () => {
  const names = ["echo", "query", "data", "metrics", "directory"];
  const ports: Record<string, number> = {};
  for (const name of names) ports[name] = await freePort();
  const program = "./rest.ts";
  await using workspace = await openWorkspace({
    ...options,
    config: { program, ports, stateDir: ".", remote: true },
  });
  await workspace.configure({ stateDir: workspace.folder });
  succeeded(await workspace.up());
  const state = await workspace.exportState();
  for (const { type } of state) constructed.add(type);

  const addresses = state.filter(({ urn }) => urn.includes("AwsStaticIps$aws:ec2/eip:Eip"));
  assert.deepEqual(
    addresses.map(({ urn, protect = false }) => [urn.split("::").at(-1), protect]).sort(),
    [
      ["free-ip-1", false],
      ["kept-ip-1", true],
    ],
    "protected, unless a program says otherwise",
  );

  await workspace.configure({ remote: false });
  const changes = changesOf(succeeded(await workspace.preview()));
  assert.deepEqual(changes, ["delete pulumi-udp default"], "the plugin, and no resource");
  await workspace.unprotect();
  succeeded(await workspace.destroy());
});

test("every component of the schema was constructed", () => {
  assert.deepEqual(
    Object.keys(schema.resources).filter((type) => !constructed.has(type)),
    [],
  );
});
