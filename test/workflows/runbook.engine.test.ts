import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { parse } from "yaml";
import { readPreview } from "../../scripts/delivery/preview-json.ts";
import { summarize } from "../../scripts/delivery/summary.ts";
import { openWorkspace, type Workspace } from "../../simulation/engine/index.ts";
import { canonicalState } from "../../simulation/testing/canonical.ts";
import { assertNoOrphans, changesOf, succeeded } from "../../simulation/testing/life-cycle.ts";
import { listings } from "./listings.ts";

/** The steps of docs/runbook.md, one after the other, on the stack `debug`. */
const root = path.resolve(import.meta.dirname, "../..");
const settings = parse(readFileSync(path.join(root, "Pulumi.debug.yaml"), "utf8")).config[
  "udp:aks"
];
const KEYS: Readonly<Record<string, string>> = { K1: "1".repeat(64), K2: "2".repeat(64) };

/** The stack's settings with a director that seals its tokens with the first of some keys. */
const withKeys = (...names: readonly string[]) => ({
  "udp:aks": {
    ...settings,
    director: {
      ...settings.director,
      config: {
        tokens: { kind: "sealed", keys: names.map((name) => ({ id: name, secretEnv: name })) },
      },
      secretEnv: Object.fromEntries(names.map((name) => [name, KEYS[name] ?? ""])),
    },
  },
});

describe("the runbook, step by step", () => {
  let stack: Workspace;
  before(async () => {
    stack = await openWorkspace({ stack: "debug", projectDir: root, config: withKeys("K1") });
    succeeded(await stack.up());
  });
  after(() => stack.close());
  const touched = async () => new Set(changesOf(succeeded(await stack.up())).map(lastWord));
  const lastWord = (line: string) => line.split(" ").at(-1) ?? "";
  const address = async () =>
    ((await stack.outputs()).endpoint as { addresses: string[] }).addresses[0];

  test("key rotation: each step rolls the director, and touches neither address nor name", async () => {
    for (const names of [
      ["K1", "K2"],
      ["K2", "K1"],
    ]) {
      await stack.configure(withKeys(...names));
      const changed = await touched();
      assert.ok(changed.has("director-deployment"), [...changed].join());
      for (const kept of ["udp-ip", "udp-a", "workload-service", "director-service"]) {
        assert.ok(!changed.has(kept), kept);
      }
    }
    const state = JSON.stringify(await stack.exportState());
    assert.ok(!state.includes(KEYS.K1 ?? "") && !state.includes(KEYS.K2 ?? ""), "keys are sealed");
    assert.match(JSON.stringify(await stack.world.find(":Secret")), /2{64}/);
  });

  test("a failed update: what was done is kept, and running it again does the rest", async () => {
    await stack.configure({
      "udp:aks": { ...withKeys("K2", "K1")["udp:aks"], dns: { ...settings.dns, ttl: 300 } },
    });
    await stack.world.setFaults([
      { operation: "update", type: "DnsRecord", nth: 1, kind: "fail", message: "503 refused" },
    ]);
    const failed = await stack.up();
    assert.equal(failed.succeeded, false);
    assert.match(failed.terminal, /503 refused/);
    await assertNoOrphans(stack);
    assert.deepEqual(changesOf(succeeded(await stack.up())), ["update DnsRecord udp-a"]);
  });

  test("a rollback: the former settings bring back the former state", async () => {
    const before = canonicalState(await stack.exportState());
    const [first] = settings.ports;
    const more = [first, { name: "video", port: 8001, protocol: "UDP" }];
    const now = withKeys("K2", "K1")["udp:aks"];
    const dns = { ...settings.dns, ttl: 300 };
    await stack.configure({ "udp:aks": { ...now, dns, ports: more } });
    assert.ok((await touched()).has("workload-service"));
    await stack.configure({ "udp:aks": { ...now, dns } });
    assert.ok((await touched()).has("workload-service"));
    assert.deepEqual(canonicalState(await stack.exportState()), before);
  });

  test("an address that is gone: another one is made, and name and Services follow", async () => {
    const old = await address();
    await stack.world.remove("PublicIPAddress");
    const changed = changesOf(succeeded(await stack.up("--refresh")));
    assert.ok(changed.includes("create PublicIPAddress udp-ip"), changed.join());
    assert.ok(changed.includes("update DnsRecord udp-a"), changed.join());
    assert.notEqual(await address(), old);
    const [record] = await stack.world.find("DnsRecord");
    assert.equal(record?.inputs.content, await address());
  });

  test("a lost state: listings of the clouds become an import file, and nothing changes", async () => {
    const kept = await address();
    const lost = await stack.exportDeployment();
    await stack.importDeployment({ ...lost, deployment: { ...lost.deployment, resources: [] } });
    assert.deepEqual(await stack.exportState(), []);

    const file = (name: string) => path.join(stack.folder, name);
    const preview = await stack.preview("--json", "--import-file", file("template.json"));
    writeFileSync(file("preview.json"), succeeded(preview).terminal);
    const { documents, zone } = listings(await stack.world.read());
    const given = documents.flatMap((document, index) => {
      writeFileSync(file(`listing-${index}.json`), JSON.stringify(document));
      return ["--listing", file(`listing-${index}.json`)];
    });
    const filled = execFileSync(
      process.execPath,
      [
        ...[path.join(root, "scripts/deliver.ts"), "import-file", "--zone", zone, ...given],
        ...["--template", file("template.json"), "--preview", file("preview.json")],
      ],
      { encoding: "utf8" },
    );
    writeFileSync(file("import.json"), filled);
    succeeded(await stack.importResources(file("import.json"), "--protect=false"));
    await assertNoOrphans(stack);

    const { changes } = summarize(readPreview(succeeded(await stack.preview("--json")).terminal));
    assert.deepEqual(changes, []);
    succeeded(await stack.up());
    assert.equal(await address(), kept);
    succeeded(await stack.destroy());
    assert.deepEqual((await stack.world.read()).objects, []);
  });
});
