import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { DirectorMetrics } from "./metrics.ts";

test("the table of metrics in docs/director.md is the registry", async () => {
  const metrics = new DirectorMetrics();
  metrics.observe({
    sessions: { size: 0, clients: 0, tokens: 0 },
    defaultEndpointAvailable: () => false,
    resources: () => [],
    uptimeSeconds: () => 0,
    bannedSources: () => 0,
    strandedSessions: () => 0,
    limits: { maxSessions: 1, maxTokens: 1 },
    tcpConnections: () => 0,
    kernelFlows: () => undefined,
    kernelProgram: () => false,
    nativeFlows: () => undefined,
    portAllocations: () => 0,
  });
  const registered = (await metrics.registry.getMetricsAsJSON())
    .filter((metric) => metric.name.startsWith("udp_director_"))
    .map((metric) => `${metric.name} ${metric.type}`);
  const page = await readFile(new URL("../../../docs/director.md", import.meta.url), "utf8");
  const documented = [...page.matchAll(/^\| `(udp_director_\w+)` \| (\w+) \|/gm)].map(
    ([, name, type]) => `${name} ${type}`,
  );
  assert.deepEqual(documented.sort(), registered.sort());
});
