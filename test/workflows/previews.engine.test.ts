import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { readPreview } from "../../scripts/delivery/preview-json.ts";
import { type Summary, summarize } from "../../scripts/delivery/summary.ts";
import { type DeploymentResult, openWorkspace } from "../../simulation/engine/index.ts";
import { changesOf, succeeded } from "../../simulation/testing/life-cycle.ts";
import { type Recorded, record, recorded } from "./recording.ts";

const root = path.resolve(import.meta.dirname, "../..");
const settings = parse(readFileSync(path.join(root, "Pulumi.debug.yaml"), "utf8")).config[
  "udp:aks"
];

/** Holds that the recorded preview says what the engine says now; `RECORD=1` writes it anew. */
function asRecorded(name: Recorded, { terminal }: DeploymentResult): void {
  if (process.env.RECORD === "1") {
    record(name, terminal);
  }
  assert.deepEqual(shown(terminal), shown(recorded(name)));
}

/** Addresses of RFC 5737, which the simulated clouds give. */
const DOCUMENTATION = /\b(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+/g;

/** What the scripts make of a preview. Which address Azure gives is chance. */
function shown(text: string): Summary {
  return summarize(readPreview(text.replaceAll(DOCUMENTATION, "198.51.100.1")));
}

test("recorded previews are the engine's, and a plan is followed or refused", async (t) => {
  await using stack = await openWorkspace({ stack: "debug", projectDir: root });
  const plan = path.join(stack.folder, "plan.json");

  await t.test("of a new stack, whose plan is then followed", async () => {
    asRecorded("create", succeeded(await stack.preview("--json", "--save-plan", plan)));
    succeeded(await stack.up("--plan", plan));
  });

  await t.test("the plan holds secrets sealed only", () => {
    const text = readFileSync(plan, "utf8");
    assert.match(text, /"ciphertext"/);
    assert.doesNotMatch(text, /client-key-data|token: /);
  });

  await t.test("of a change", async () => {
    const { workload, dns } = settings;
    await stack.configure({
      "udp:aks": {
        ...settings,
        workload: { ...workload, namespace: "kube-public" },
        dns: { ...dns, ttl: 300 },
      },
    });
    asRecorded("change", succeeded(await stack.preview("--json", "--show-sames")));
  });

  await t.test(
    "a plan of other sources is refused, and nothing that it lacks is done",
    async () => {
      const refused = await stack.up("--plan", plan);
      assert.equal(refused.succeeded, false);
      assert.match(refused.terminal, /violates plan/);
      assert.deepEqual(changesOf(refused), []);
    },
  );

  await t.test("of what drifted", async () => {
    await stack.configure({ "udp:aks": { ...settings, director: undefined } });
    await stack.world.change("DnsRecord", "ttl", 1);
    await stack.world.remove("PublicIPAddress");
    asRecorded("drift", succeeded(await stack.preview("--refresh", "--json")));
  });

  await t.test("of settings that are wrong", async () => {
    await stack.configure({ "udp:aks": { ...settings, ports: [] } });
    const failed = await stack.preview("--json");
    assert.equal(failed.succeeded, false);
    asRecorded("failed", failed);
  });
});
