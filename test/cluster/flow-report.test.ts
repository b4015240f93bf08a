import assert from "node:assert/strict";
import { test } from "node:test";
import { type FlowReport, type Silence, shares } from "./flow-report.ts";

const flow = (sent: number, answered: number, ...silences: readonly Silence[]): FlowReport => ({
  ...{ sent, answered, silences },
  ...{ lastSilenceMs: 5, backends: ["echo-a"] },
});
const handOver = (at: number) => ({ at, node: "node-1", to: "10.244.0.9" });

test("a silence without a hand-over is the directors'", () => {
  const report = flow(1000, 800, { from: 10_000, ms: 2000, lost: 180 });
  assert.deepEqual(shares(report, []), { lost: 200, silentMs: 2000, handOverMs: 0 });
  const before = [handOver(9000), handOver(10_000), handOver(13_000)];
  assert.deepEqual(shares(report, before), { lost: 200, silentMs: 2000, handOverMs: 0 });
});

test("up to a hand-over it is the cluster's, and then the next director's", () => {
  const report = flow(1000, 800, { from: 10_000, ms: 2000, lost: 180 });
  const after = shares(report, [handOver(11_500)]);
  assert.deepEqual(after, { lost: 65, silentMs: 500, handOverMs: 1500 });
});

test("a director that was sent the flow and says nothing is not excused by the next hand-over", () => {
  const report = flow(3000, 100, { from: 10_000, ms: 29_000, lost: 2900 });
  const { silentMs, handOverMs } = shares(report, [handOver(38_000), handOver(11_000)]);
  assert.deepEqual([silentMs, handOverMs], [28_000, 1000]);
});

test("each silence has hand-overs of its own, and the longest ones count", () => {
  const report = flow(
    1000,
    700,
    { from: 10_000, ms: 1000, lost: 100 },
    { from: 20_000, ms: 3000, lost: 200 },
  );
  const both = shares(report, [handOver(10_400), handOver(22_900)]);
  assert.deepEqual(both, { lost: 67, silentMs: 600, handOverMs: 2900 });
});

test("a hand-over that is heard of after the first reply was before it", () => {
  const report = flow(1000, 900, { from: 10_000, ms: 1000, lost: 100 });
  const late = shares(report, [handOver(11_200)]);
  assert.deepEqual(late, { lost: 0, silentMs: 0, handOverMs: 1000 });
});
