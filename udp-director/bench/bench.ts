import { mkdir, writeFile } from "node:fs/promises";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { compare, type Scale } from "./compare.ts";
import { type CostScale, costs } from "./costs.ts";
import { type Peers, pathsFor } from "./paths.ts";
import { markdown, type Report, svg } from "./report.ts";
import { BenchLab } from "./site.ts";

/** How long and how much. */
export interface BenchScale extends Scale {
  readonly costs: CostScale;
}

/** What the figures of docs/bench come from. */
export const FULL: BenchScale = {
  ...{ rounds: 3, seconds: 0.6, rate: 50_000 },
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
  /** Folder of `bench.json`, `README.md` and `bench.svg`. */
  readonly out: string;
  /** How it was called. */
  readonly command: string;
  readonly progress: (line: string) => void;
}

/** Measures everything and writes it. Needs root, nftables and a C compiler. */
export async function bench(options: BenchOptions): Promise<Report> {
  const { scale, peers, redis, out, command, progress } = options;
  const lab = await BenchLab.open();
  try {
    const paths = pathsFor(peers);
    const offered = await lab.offered(scale.sizes[0] ?? 64, scale.seconds);
    const compared = await compare(lab, paths, scale, progress);
    const report: Report = {
      ...{ command, date: new Date().toISOString().slice(0, 10), machine: machine() },
      ...{ offered, compared },
      costs: await costs(lab, paths, scale.costs, redis, progress),
    };
    await mkdir(out, { recursive: true });
    await writeFile(join(out, "bench.json"), `${JSON.stringify(report, undefined, 1)}\n`);
    await writeFile(join(out, "README.md"), markdown(report));
    await writeFile(join(out, "bench.svg"), svg(report));
    return report;
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
