import assert from "node:assert/strict";
import { test } from "node:test";
import { markdown, type Report, spread, svg } from "./report.ts";

const loaded = (packetsPerSecond: number, received = 100) => ({
  ...{ sent: 100, received, seconds: 1, packetsPerSecond },
  ...{ p50: 10, p99: 20, p999: 30, established: 1, setupSeconds: 0 },
});
const load = { sessions: 100, size: 64, seconds: 1 } as const;
const REPORT: Report = {
  ...{ command: "npm run bench", date: "2026-01-02", machine: { kernel: "Linux 6" } },
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
        results: { "64 B": [loaded(400_000), loaded(300_000), loaded(500_000)] },
      },
      {
        ...{ name: "a <b> & c", version: "1" },
        results: { "64 B": [loaded(200_000)], "at rate": [loaded(900, 75)] },
      },
      { name: "gone", version: "2", results: {}, failed: "it ended" },
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
  assert.match(page, /\| start-up \| 512 \| ms \| at most 1000 \|/);
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
