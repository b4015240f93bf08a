import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.ts";

/** The SDKs of clouds that importing a part of the library loads, and how many files of each. */
async function loadedBy(part: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const file of (await load(part)).files) {
    const name = /node_modules\/@pulumi\/([^/]+)\//.exec(file)?.[1];
    if (name !== undefined && name !== "pulumi") counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** A whole SDK has thousands of files; a few dozen are those of the resources in use. */
const FEW = 80;

for (const [part, sdks] of [
  ["pulumi-udp/endpoint", []],
  ["pulumi-udp/kubernetes", []],
  ["pulumi-udp/aks", ["azure-native", "kubernetes"]],
  ["pulumi-udp/aws", ["aws"]],
  ["pulumi-udp/digitalocean", ["digitalocean", "kubernetes"]],
  ["pulumi-udp/cloudflare", ["cloudflare"]],
  ["pulumi-udp/director", ["kubernetes"]],
  ["pulumi-udp/discovery", ["kubernetes"]],
  ["pulumi-udp/cilium", ["kubernetes"]],
  ["pulumi-udp/metallb", ["kubernetes"]],
  ["pulumi-udp/traefik", ["kubernetes"]],
  ["pulumi-udp/cert-manager", ["kubernetes"]],
  ["pulumi-udp/websocket", ["kubernetes"]],
  ["pulumi-udp/local", []],
] as const) {
  test(`${part} loads ${sdks.length === 0 ? "no cloud's SDK" : `of SDKs only ${sdks.join(" and ")}`}, and little of it`, async () => {
    const loaded = await loadedBy(part);
    assert.deepEqual(Object.keys(loaded).sort(), [...sdks]);
    for (const [sdk, files] of Object.entries(loaded)) {
      assert.ok(files <= FEW, `${files} files of ${sdk}`);
    }
  });
}

// Each of these is started anew by every command of the engine, and the SDK for programs takes
// longer to load than all of its own code: the compiler and a package manager are in it.
for (const module of [
  "./simulation/providers/index.ts",
  "./simulation/providers/plugin-main.ts",
  "./simulation/mini-engine/index.ts",
  "./components/local/plugin/provider.ts",
  "./components/traefik/plugin/provider.ts",
  "./toolchain/language-host/service.ts",
]) {
  test(`${module} leaves the SDK for programs alone`, async () => {
    const heavy = /node_modules\/(@pulumi\/pulumi\/index\.js|typescript\/|@npmcli\/)/;
    assert.deepEqual(
      (await load(module)).files.filter((file) => heavy.test(file)),
      [],
    );
  });
}

test("with lean-start the SDK leaves the compiler and the package manager alone", async () => {
  const heavy = /node_modules\/(typescript\/|@npmcli\/arborist\/)/;
  const { files: plain } = await load("@pulumi/pulumi");
  assert.ok(
    plain.some((file) => heavy.test(file)),
    "which it loads otherwise",
  );
  const { files: lean } = await load("pulumi-udp/lean-start", "@pulumi/pulumi");
  assert.deepEqual(
    lean.filter((file) => heavy.test(file)),
    [],
  );
});
