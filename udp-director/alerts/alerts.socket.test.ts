import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { echoResource, testConfig, testDirector, testEcho } from "../src/testing/director.ts";
import { alertRules, dashboardQueries } from "./testing.ts";

/** Written by Prometheus itself. */
const ITS_OWN = new Set(["up"]);
/** What an expression names, without functions, keywords and what stands in braces. */
const metricsIn = (expr: string) =>
  [...expr.replace(/\{[^}]*\}|\[[^\]]*\]/g, "").matchAll(/\b[a-z]\w*_\w+\b(?!\s*\()|\bup\b/g)]
    .map(([name]) => name)
    .filter((name) => !["error_type", "resource_type", "session_type"].includes(name));

test("every metric that a rule, the dashboard or the runbook names is one that a director exposes", async (t) => {
  const echo = await testEcho(t, "a");
  const director = await testDirector(t, testConfig([echoResource("a", echo.port)]));
  const text = await (await fetch(`http://127.0.0.1:${director.metricsPort}/metrics`)).text();
  const exposed = new Set(ITS_OWN);
  for (const [, name = "", type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    exposed.add(name);
    if (type === "histogram")
      for (const part of ["bucket", "sum", "count"]) exposed.add(`${name}_${part}`);
  }
  const expressions = [...alertRules().map(({ expr }) => expr), ...dashboardQueries()];
  const page = await readFile(new URL("../../docs/alerts.md", import.meta.url), "utf8");
  const inPage = [...page.matchAll(/`((?:udp_director|process|nodejs)_\w+)`/g)].map(
    ([, name = ""]) => name,
  );
  const named = [...expressions.flatMap(metricsIn), ...inPage];
  assert.ok(named.length > 50, `${named.length}`);
  assert.deepEqual(
    [...new Set(named)].filter((name) => !exposed.has(name)),
    [],
  );
});

test("the check finds a name that is wrong", () => {
  const expr = 'sum by (job, error_type) (rate(udp_director_erors_total{a="b_c"}[5m])) > 1 and up';
  assert.deepEqual(metricsIn(expr), ["udp_director_erors_total", "up"]);
});
