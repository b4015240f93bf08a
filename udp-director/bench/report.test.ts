import assert from "node:assert/strict";
import { test } from "node:test";
import { goals, reached } from "./goals.ts";
import { svg } from "./plot.ts";
import { markdown, type Report, summary, withSummary } from "./report.ts";
import { spread } from "./spread.ts";

const loaded = (packetsPerSecond: number, received = 100) => ({
  ...{ sent: 100, received, seconds: 1, packetsPerSecond },
  ...{ p50: 10, p99: 20, p999: 30, established: 1, setupSeconds: 0 },
});
const load = { sessions: 100, size: 64, seconds: 1 } as const;
const REPORT: Report = {
  ...{ command: "npm run bench", date: "2026-01-02", minutes: 3, machine: { kernel: "Linux 6" } },
  offered: 800_000,
  compared: {
    cases: [
      { ...load, name: "64 B", mode: "closed", value: 256 },
      { ...load, name: "1 in flight", mode: "closed", value: 1 },
      { ...load, name: "at rate", mode: "open", value: 1000 },
    ],
    paths: [
      {
        ...{ name: "routing", version: "Linux" },
        short: {},
        results: { "64 B": [loaded(400_000), loaded(300_000), loaded(500_000)] },
      },
      {
        ...{ name: "a <b> & c", version: "1", short: {} },
        results: { "64 B": [loaded(200_000)], "at rate": [loaded(900, 75)] },
      },
      { name: "gone", version: "2", results: {}, short: {}, failed: "it ended" },
    ],
  },
  streams: {
    cases: [
      { ...load, name: "many", mode: "trips", value: 0 },
      { ...load, name: "one", mode: "trips", value: 0, sessions: 1 },
      { ...load, name: "large", mode: "trips", value: 0, size: 65_536 },
      { ...load, name: "fresh", mode: "connects", value: 0 },
    ],
    paths: [
      {
        ...{ name: "HAProxy", version: "2", short: {} },
        results: { many: [loaded(50_000)], one: [loaded(20_000)], large: [loaded(10_000)] },
      },
    ],
  },
  costs: [{ what: "start-up", value: 512.4, unit: "ms", wanted: { atMost: 1000 } }],
};

test("the spread of an even and an odd number of rounds", () => {
  assert.deepEqual(spread([3, 1, 2]), { median: 2, least: 1, most: 3 });
  assert.deepEqual(spread([4, 1]), { median: 2.5, least: 1, most: 4 });
  assert.equal(spread([]), undefined);
});

test("the page has medians with their spread, shares of routing, loss and bounds", () => {
  const page = markdown(REPORT);
  assert.match(page, /\| routing \| 400 \(300 to 500\) \| 1\.00 \|/);
  assert.match(page, /\| a <b> & c \| 200 \(200 to 200\) \| 0\.50 \|/);
  assert.match(page, /\| a <b> & c \|(?: [\d.]* \|){6} 25\.00 % \|/);
  assert.match(page, /Not measured: gone \(it ended\)/);
  assert.match(page, /offers 800k packets a second, 2\.0 times what routing carries/);
  assert.match(page, /\| start-up \| 512 \| ms \| at most 1000 \| yes \|/);
  assert.match(page, /\| HAProxy \| 50 \(50 to 50\) \| 10\.0 \| 20\.0 \| 655 \| +\|/);
});

test("the plot has a bar for each path that was measured, in its length", () => {
  const plot = svg(REPORT);
  const widths = [...plot.matchAll(/<rect x="190"[^>]* width="([\d.]+)"/g)].map(([, w]) =>
    Number(w),
  );
  assert.equal(widths.length, 2);
  assert.ok(Math.abs((widths[0] ?? 0) / (widths[1] ?? 1) - 2) < 0.01, `${widths}`);
  assert.match(plot, /a &#60;b&#62; &#38; c/);
});

const named = (name: string, rates: readonly number[]) => ({
  ...{ name, version: "1", short: {} },
  results: { "64 B": rates.map((rate) => loaded(rate)), "1 in flight": [loaded(1)] },
});

test("goals compare round by round, and what was not measured is neither reached nor missed", () => {
  const paths = [
    named("routing", [100, 400]),
    named("director: kernel", [95, 300]),
    named("nginx stream, 1 worker", [40, 160]),
    named("director: native, 1 worker", [60, 200]),
  ];
  const found = goals({ cases: REPORT.compared.cases, paths });
  const of = (begin: string) => found.filter(({ what }) => what.startsWith(begin));
  // 0.95 and 0.75: of the medians alone it would be 0.79.
  assert.equal(of("kernel / routing, packets")[0]?.measured, 0.85);
  assert.deepEqual(of("kernel / routing").map(reached), [false, true]);
  assert.equal(of("native / nginx stream with as many")[0]?.measured, 1.375);
  assert.deepEqual(of("native / quilkin").map(reached), [undefined]);
});

test("sessions that a path did not answer are in the place of its figure", () => {
  const [routing, other] = REPORT.compared.paths;
  const few = { ...other, results: {}, short: { "64 B": 12 } } as typeof other & object;
  const compared = { ...REPORT.compared, paths: [routing as typeof few, few] };
  assert.match(markdown({ ...REPORT, compared }), /\| a <b> & c \| only 12 answered \| +\|/);
});

test("a missed bound is listed with its limit, a kept one is not", () => {
  const missed = { what: "memory (x)", value: 5000, unit: "B", wanted: { atMost: 2048 } };
  const page = markdown({ ...REPORT, costs: [...REPORT.costs, missed] });
  assert.match(page, /\| memory \(x\) \| 5000 \| B \| at most 2048 \| no \|/);
  assert.match(page, /\n- memory \(x\)\. Resident memory/);
  assert.doesNotMatch(page, /\n- start-up/);
});

test("the paragraph of the README takes its place and leaves the rest", () => {
  const page = "a\n<!-- measured by npm run bench -->\nold\n<!-- end -->\nb\n";
  const written = withSummary(page, REPORT);
  assert.equal(written, page.replace("old", summary(REPORT)));
  assert.equal(withSummary(written, REPORT), written);
  assert.throws(() => withSummary("a", REPORT), /no place/);
});
