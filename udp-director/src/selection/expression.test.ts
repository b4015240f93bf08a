import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { type LoadBalancing, loadBalancingSchema } from "../config/load-balancing.ts";
import { makeTarget } from "../sessions/target.ts";
import { compileFilter, compileScore, expressionMistake, fits } from "./expression.ts";
import type { Extraction } from "./extract.ts";
import type { Resource } from "./resource.ts";
import { strategyOf } from "./strategy.ts";

type Parts = Partial<Pick<Resource, "status" | "spec">> & { labels?: Record<string, string> };

const backend = (name: string, { labels = {}, ...rest }: Parts = {}): Resource => ({
  metadata: { name, namespace: "games", labels, annotations: { tier: "gold" } },
  ...rest,
});

const game = backend("g1", {
  labels: { max: "10", "example.com/zone": "eu" },
  status: { state: "Ready", players: 3, load: 0.5, list: [1, 2], nothing: null },
  spec: { template: { rating: 7 } },
});

test("a score reads labels as text, status and spec as JSON, sessions as an int", () => {
  const score = (text: string, sessions = 2) => compileScore(text)(game, sessions);
  for (const [text, value] of [
    ["int(labels.max) - sessions", 8],
    ["int(labels.max) - sessions - status.load * 10", 3],
    ["status.players * 2 + 1", 7],
    ["status.players / 2", 1.5],
    ["sessions / 2", 1],
    ["spec.template.rating", 7],
    ['labels["example.com/zone"] == "eu" ? 1 : 0', 1],
    ['int(labels[?"missing"].orValue("4"))', 4],
    ['annotations.tier == "gold" && name == "g1" ? 2.5 : 0.0', 2.5],
    ["has(status.missing) ? 1.0 : -1.0", -1],
    ["status.list.size()", 2],
  ] as const) {
    assert.deepEqual(score(text), { ok: true, value }, text);
  }
});

test("what has no value says why, and never throws", () => {
  const why = (text: string, resource = game) => {
    const result = compileScore(text)(resource, 0);
    return result.ok ? undefined : result.why;
  };
  assert.equal(why("int(labels.users)"), "No such key: users");
  assert.equal(why("status.toString"), "No such key: toString");
  assert.equal(why("labels.constructor.size()"), "No such key: constructor");
  assert.equal(why("1 / sessions"), "division by zero");
  assert.equal(why("status.load / 0"), "expected a number");
  assert.equal(why("status.state"), "expected a number");
  assert.match(why('int(labels["example.com/zone"])') ?? "", /int/);
  assert.equal(why("status.players", backend("bare")), "No such key: players");
  const names = fc.constantFrom("labels", "status", "spec.template", "status.nothing");
  const field = fc.stringMatching(/^[a-z_]{1,12}$/);
  fc.assert(
    fc.property(names, field, fc.dictionary(fc.string(), fc.jsonValue()), (root, key, status) => {
      const text = `double(${root}.${key}) + 1.0`;
      if (expressionMistake(text, "score") !== undefined) return;
      assert.equal(typeof compileScore(text)(backend("x", { status }), 0).ok, "boolean");
    }),
  );
});

test("a wrong expression is told with its place", () => {
  const score = (text: string) => expressionMistake(text, "score");
  assert.equal(
    score("1 + player"),
    "at character 5: Unknown variable: player; allowed: name, labels, annotations, status, spec, sessions",
  );
  assert.equal(score("1 +"), "at character 4: Unexpected token: EOF");
  assert.equal(score("labels.max - 1"), "at character 1: no such overload: string - int");
  assert.equal(score('labels.max == "1"'), "gives bool; expected a number");
  assert.equal(expressionMistake("sessions", "filter"), "gives int; expected true or false");
  assert.match(expressionMistake("sessions > 1", "match") ?? "", /Unknown variable: sessions/);
  assert.equal(score("1 + ".repeat(2000)), "longer than 4096 characters");
  assert.throws(() => compileFilter("1 +"), RangeError);
});

test("a condition is met, not met, or cannot be evaluated and is not met", () => {
  assert.equal(fits(game, 'status.state == "Ready" && status.players < 4'), true);
  assert.equal(fits(game, 'status.state == "Busy"'), false);
  assert.equal(fits(game, "status.missing > 1"), false);
  assert.equal(fits(game, "status.players"), false);
  assert.equal(fits(game, "not an expression"), false);
});

/** Name of the backend that is taken, or the error, and the names that were passed over. */
function pick(
  balancing: LoadBalancing,
  backends: readonly Resource[],
  sessions: Readonly<Record<string, number>>,
) {
  const extract = ({ metadata: { name } }: Resource): Extraction => ({
    ok: true,
    target: makeTarget(name, [["default", 1]], `game/games/${name}`),
    multiPort: false,
  });
  const [first, ...others] = backends;
  assert.ok(first);
  const failed: string[] = [];
  const found = strategyOf(balancing)([first, ...others], {
    extract,
    sessionsOn: ({ address }) => sessions[address] ?? 0,
    expressionFailed: ({ metadata }) => void failed.push(metadata.name),
  });
  return { name: found.ok ? found.target.address : found.error, failed };
}

test("the strategy is the plain choice: highest score, fewest sessions, first", () => {
  const one = fc.record({
    max: fc.option(fc.integer({ min: 0, max: 9 })),
    load: fc.option(fc.integer({ min: 0, max: 4 }).map((quarters) => quarters / 4)),
    ready: fc.boolean(),
    sessions: fc.integer({ min: 0, max: 4 }),
  });
  const balancing = {
    type: "expression",
    filter: 'status.state == "Ready"',
    expression: "int(labels.max) - sessions - status.load * 2",
  } as const;
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 6 }), (all) => {
      const backends = all.map(({ max, load, ready }, at) =>
        backend(`b${at}`, {
          labels: max === null ? {} : { max: `${max}` },
          status: { state: ready ? "Ready" : "Busy", ...(load === null ? {} : { load }) },
        }),
      );
      const sessions = Object.fromEntries(all.map((each, at) => [`b${at}`, each.sessions]));
      const ready = all.map((each, at) => ({ ...each, name: `b${at}` })).filter((b) => b.ready);
      const model = ready
        .flatMap(({ max, load, name, sessions: own }) =>
          max === null || load === null ? [] : [{ name, own, score: max - own - load * 2 }],
        )
        .sort((a, b) => b.score - a.score || a.own - b.own || (a.name < b.name ? -1 : 1));
      const { name, failed } = pick(balancing, backends, sessions);
      assert.equal(name, model[0]?.name ?? "No matching resources found");
      const without = ready.filter(({ max, load }) => max === null || load === null);
      assert.deepEqual(
        failed,
        without.map((b) => b.name),
      );
    }),
  );
});

test("a score for each of 1,000 candidates costs little more than their extraction", (t) => {
  const backends = Array.from({ length: 1000 }, (_, n) =>
    backend(`b${n}`, { labels: { max: `${n % 50}` }, status: { state: "Ready", load: n / 1000 } }),
  );
  const balancing = {
    type: "expression",
    filter: 'status.state == "Ready"',
    expression: "int(labels.max) - sessions - status.load * 10",
  } as const;
  const best = (choice: LoadBalancing) => {
    let ms = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 30; round++) {
      const started = performance.now();
      pick(choice, backends, {});
      ms = Math.min(ms, performance.now() - started);
    }
    return ms;
  };
  const [plain, expressed] = [best("leastSessions"), best(balancing)];
  t.diagnostic(`leastSessions ${plain.toFixed(2)} ms, expression ${expressed.toFixed(2)} ms`);
  assert.ok(expressed < 20 * plain, `${expressed} ms against ${plain} ms`);
});

test("the page's examples are valid", () => {
  const page = readFileSync(new URL("../../../docs/director.md", import.meta.url), "utf8");
  const blocks = [...page.matchAll(/```yaml\n(loadBalancing:\n[\s\S]*?)```/g)];
  assert.ok(blocks.length >= 1);
  for (const [, yaml = ""] of blocks) loadBalancingSchema.parse(parse(yaml).loadBalancing);
});
