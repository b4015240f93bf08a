import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { DROP_REASONS } from "../src/sessions/session-ports.ts";
import { alertRules, RULE_TESTS } from "./testing.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/alerts.md"), "utf8");

test("each alert says how bad it is, what is wrong, and where to read on", () => {
  const headings = new Set(
    [...page.matchAll(/^#+ (.+)$/gm)].map(([, title]) => title?.toLowerCase().trim()),
  );
  const rules = alertRules();
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
  for (const { alert, labels, annotations } of rules) {
    assert.ok(["critical", "warning"].includes(labels.severity ?? ""), alert);
    assert.match(annotations.summary ?? "", /^[^\n]{10,}[^.]$/, alert);
    assert.match(annotations.description ?? "", /^[^\n]{10,}\.$/, alert);
    assert.equal(annotations.runbook_url, `docs/alerts.md#${alert.toLowerCase()}`);
    assert.ok(headings.has(alert.toLowerCase()), `docs/alerts.md has no section ${alert}`);
  }
});

test("the published alerts are there under their names", () => {
  const names = new Set(alertRules().map(({ alert }) => alert));
  for (const name of [
    "UDPDirectorDown",
    "DefaultEndpointUnavailable",
    "HighErrorRate",
    "NoAvailableResources",
    "HighQueryLatency",
  ]) {
    assert.ok(names.has(name), name);
  }
});

test("each alert has a test in which it fires and one in which it does not", () => {
  const { tests } = parse(readFileSync(RULE_TESTS, "utf8")) as {
    readonly tests: {
      readonly promql_expr_test: { readonly expr: string; readonly exp_samples: unknown[] }[];
    }[];
  };
  const cases = tests.flatMap(({ promql_expr_test }) => promql_expr_test);
  for (const { alert } of alertRules()) {
    const own = cases.filter(({ expr }) => expr.includes(`alertname="${alert}"`));
    assert.ok(
      own.some(({ exp_samples }) => exp_samples.length > 0),
      `${alert} never fires`,
    );
    assert.ok(
      own.some(({ exp_samples }) => exp_samples.length === 0),
      `${alert} always fires`,
    );
  }
});

test("every reason for a drop that a rule names exists", () => {
  const known: readonly string[] = DROP_REASONS;
  let named = 0;
  for (const { alert, expr } of alertRules()) {
    for (const [, operator, text = ""] of expr.matchAll(/reason(=~|=)"([^"]+)"/g)) {
      for (const one of operator === "=" ? [text] : text.split("|")) {
        const pattern = new RegExp(`^(?:${one})$`);
        assert.ok(
          known.some((reason) => pattern.test(reason)),
          `${alert}: ${one}`,
        );
        named++;
      }
    }
  }
  assert.ok(named > 10);
});
