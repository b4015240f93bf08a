import { mkdir, writeFile } from "node:fs/promises";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { casesOf, compare, type Scale, streamCases } from "./compare.ts";
import { type CostScale, costs, type Watch } from "./costs.ts";
import { pathsFor, streamPathsFor } from "./paths.ts";
import type { Peers } from "./peers.ts";
import { svg } from "./plot.ts";
import { markdown, type Report } from "./report.ts";
import { BenchLab } from "./site.ts";

/** How long and how much. */
export interface BenchScale extends Scale {
  readonly costs: CostScale;
}

/** What the figures of docs/bench come from. */
export const FULL: BenchScale = {
  ...{ rounds: 3, seconds: 0.5, rate: 50_000 },
  ...{ sizes: [64, 512, 1200], sessions: [1, 10_000, 100_000] },
  costs: { sessions: 10_000, objects: 10_000, recovered: 100_000, seconds: 4, starts: 3 },
};

/** A few minutes. */
export const QUICK: BenchScale = {
  ...{ rounds: 2, seconds: 0.4, rate: 30_000, sizes: [64, 1200], sessions: [1, 2000] },
  costs: { sessions: 2000, objects: 10_000, recovered: 100_000, seconds: 2, starts: 2 },
};

/** Seconds: that every part runs. */
export const SHORTEST: BenchScale = {
  ...{ rounds: 1, seconds: 0.4, rate: 500, sizes: [64], sessions: [20] },
  costs: { sessions: 600, objects: 200, recovered: 2000, seconds: 0.2, starts: 1 },
};

export interface BenchOptions {
  readonly scale: BenchScale;
  readonly peers: Peers;
  /** A redis-server, for the recovery from it. */
  readonly redis?: string | undefined;
  /** A cluster with objects to watch, for queries that are answered from them. */
  readonly watch?: Watch | undefined;
  /** What tc-netem(8) does to packets towards the client. */
  readonly netem?: string | undefined;
  /** Folder of `bench.json`, `README.md` and `bench.svg`. */
  readonly out: string;
  /** How it was called. */
  readonly command: string;
  readonly progress: (line: string) => void;
}

/** Measures everything and writes it. Needs root, nftables and a C compiler. */
export async function bench(options: BenchOptions): Promise<Report> {
  const { scale, peers, out, command, progress } = options;
  const begun = performance.now();
  const [load = 0] = loadavg();
  const lab = await BenchLab.open(options.netem);
  try {
    const paths = pathsFor(peers);
    const offered = await lab.offered(scale.sizes[0] ?? 64, scale.seconds);
    const { rounds } = scale;
    const compared = await compare(lab, paths, { cases: casesOf(scale), rounds }, progress);
    const overTcp = { cases: streamCases(scale), rounds };
    const streams = await compare(lab, streamPathsFor(peers), overTcp, progress);
    const report: Omit<Report, "minutes"> = {
      ...{ command, date: new Date().toISOString().slice(0, 10) },
      machine: { ...machine(), "load before": load.toFixed(1) },
      ...{ offered, compared, streams },
      costs: await costs(lab, paths, scale.costs, options, progress),
    };
    const whole = { ...report, minutes: Math.ceil((performance.now() - begun) / 60_000) };
    await mkdir(out, { recursive: true });
    await writeFile(join(out, "bench.json"), `${JSON.stringify(whole, undefined, 1)}\n`);
    await writeFile(join(out, "README.md"), markdown(whole));
    await writeFile(join(out, "bench.svg"), svg(whole));
    return whole;
  } finally {
    await lab.close();
  }
}

function machine(): Record<string, string> {
  const all = cpus();
  return {
    processor: `${all.length} × ${all[0]?.model.trim() ?? "unknown"}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: `Linux ${release()}`,
    Node: process.versions.node,
  };
}
