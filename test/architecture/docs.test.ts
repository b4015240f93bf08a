import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Output } from "@pulumi/pulumi";
import { AKS_LIMITS } from "pulumi-udp/aks";
import { AWS_LIMITS } from "pulumi-udp/aws";
import { CLOUDFLARE_LIMITS } from "pulumi-udp/cloudflare";
import { clouds } from "../../components/testing/clouds.ts";
import { type Json, resolved, run } from "../../components/testing/mocks.ts";
import schema from "../../plugin/schema.json" with { type: "json" };
import { examplePrograms } from "../../scripts/docs/examples.ts";

const root = path.resolve(import.meta.dirname, "../..");
const PAGES = [
  "components/README.md",
  "docs/kubernetes-director.md",
  "docs/kubernetes-directory.md",
  "docs/director.md",
  ...globSync("docs/platforms/*.md", { cwd: root }),
];
const read = (file: string) => readFileSync(path.join(root, file), "utf8");

const EXAMPLE = /<!-- (\S+\.ts) -->\n```ts\n([\s\S]*?)```/g;

/** Files that the pages show, with the text they show. */
const examples = PAGES.flatMap((page) =>
  [...read(page).matchAll(EXAMPLE)].map(([, file = "", text = ""]) => ({ page, file, text })),
);

test("every TypeScript block of the pages is a whole file of the repository", () => {
  for (const page of PAGES) {
    const blocks = read(page).match(/```ts\n/g) ?? [];
    assert.equal(examples.filter((one) => one.page === page).length, blocks.length, page);
  }
  for (const { page, file, text } of examples) {
    assert.equal(text, read(file), `${page} shows ${file} as it is`);
  }
});

test("the pages of platforms in a cluster open with a program of at most 30 lines", () => {
  for (const name of ["metallb", "cilium", "traefik", "websocket"]) {
    const page = `docs/platforms/${name}.md`;
    const [opening = ""] = read(page).split(/^## /m);
    const [first, ...others] = [...opening.matchAll(EXAMPLE)];
    assert.ok(first !== undefined && others.length === 0, page);
    assert.ok((first[2] ?? "").trimEnd().split("\n").length <= 30, page);
  }
});

test("every component has an example, which runs", () => {
  const made = new Set(examplePrograms().flatMap(({ makes }) => [...makes]));
  const components = Object.keys(schema.resources).map((token) => token.split(":")[2] ?? "");
  assert.deepEqual(
    components.filter((name) => !made.has(name)),
    [],
  );
});

const programs = [...examples, ...examplePrograms()];
for (const file of new Set(programs.map((one) => one.file))) {
  test(`${file} runs`, async () => {
    const program = () => import(pathToFileURL(path.join(root, file)).href);
    const { result, resources } = await run<Record<string, Output<Json>>>(program, {
      ...clouds,
      outputs: {
        ...clouds.outputs,
        "pulumi:pulumi:StackReference": () => ({
          outputs: { endpoint: { addresses: ["203.0.113.10", "2001:db8::1"], ports: [] } },
        }),
      },
    });
    assert.ok(resources.length > 0);
    for (const [name, output] of Object.entries(result)) {
      assert.ok(await resolved(output), name);
    }
  });
}

test("every test that a page names exists", () => {
  const tests = globSync("{components,stacks,simulation,test,udp-director}/**/*.test.ts", {
    cwd: root,
    exclude: (name) => name === "node_modules",
  })
    .map(read)
    .join("\n");
  let named = 0;
  for (const page of PAGES) {
    // Tables of tests say so in their last column's head.
    const tables = read(page).matchAll(/^\|.*\| tests? \|\n\|[-|]+\|\n((?:\|.*\n)+)/gm);
    const rows = [...tables].flatMap(([, body = ""]) => body.trimEnd().split("\n"));
    for (const cell of rows.map((row) => row.split("|").at(-2) ?? "")) {
      for (const [, title = ""] of cell.matchAll(/`([^`]+)`/g)) {
        assert.ok(tests.includes(`test("${title}"`), `${page}: ${title}`);
        named += 1;
      }
    }
  }
  assert.ok(named > 100, `${named} tests are named`);
});

test("limits in the pages are the ones that the checks use", () => {
  const cell = (page: string, row: string) =>
    read(page)
      .split("\n")
      .find((line) => line.startsWith(`| ${row}`))
      ?.split("|")[2]
      ?.trim();
  const aks = "docs/platforms/aks.md";
  assert.equal(cell(aks, "load-balancing rules"), String(AKS_LIMITS.rulesPerNic));
  assert.equal(cell(aks, "seconds between"), String(AKS_LIMITS.minProbeIntervalSeconds));
  assert.equal(cell(aks, "failed probes"), String(AKS_LIMITS.minProbeCount));
  assert.equal(cell(aks, "interval times count"), String(AKS_LIMITS.probeProductBelowSeconds));
  const { min, max } = AKS_LIMITS.dnsLabelLength;
  assert.equal(cell(aks, "DNS label"), `${min} to ${max}`);
  const aws = "docs/platforms/aws.md";
  assert.equal(cell(aws, "name of a load"), String(AWS_LIMITS.nameLength));
  assert.equal(cell(aws, "listeners of"), String(AWS_LIMITS.listenersPerLoadBalancer));
  assert.equal(cell(aws, "target groups of"), String(AWS_LIMITS.targetGroupsPerService));
  const { healthCheckInterval: interval, healthCheckThreshold: checks } = AWS_LIMITS;
  assert.equal(cell(aws, "seconds between"), `${interval.min} to ${interval.max}`);
  assert.equal(cell(aws, "health checks in a row"), `${checks.min} to ${checks.max}`);
  assert.match(cell(aws, "idle time") ?? "", new RegExp(`^${AWS_LIMITS.udpFlowIdleSeconds}:`));
  const { minTtlSeconds, maxTtlSeconds, automaticTtl } = CLOUDFLARE_LIMITS;
  assert.equal(
    cell("docs/platforms/cloudflare.md", "`ttl`"),
    `${minTtlSeconds} to ${maxTtlSeconds} seconds, or ${automaticTtl} for automatic`,
  );
});
