import type { Compared } from "./compare.ts";
import type { Cost } from "./costs.ts";
import type { Loaded } from "./site.ts";

/** Everything that a run of the bench found. */
export interface Report {
  readonly command: string;
  readonly date: string;
  readonly machine: Readonly<Record<string, string>>;
  /** Packets a second that the generator offers by itself. */
  readonly offered: number;
  readonly compared: Compared;
  readonly costs: readonly Cost[];
}

/** Median, least and greatest. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function spread(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const [least] = sorted;
  const most = sorted.at(-1);
  if (least === undefined || most === undefined) return undefined;
  const upper = sorted[sorted.length >> 1] as number;
  const lower = sorted[(sorted.length - 1) >> 1] as number;
  return { median: (lower + upper) / 2, least, most };
}

type Named = Compared["paths"][number];
const figure = (path: Named | undefined, name: string, of: (one: Loaded) => number) =>
  spread((path?.results[name] ?? []).map(of));
const rate = (one: Loaded) => one.packetsPerSecond;
/** Share of packets that never came back. */
const lost = ({ sent, received }: Loaded) => (sent === 0 ? 0 : Math.max(0, 1 - received / sent));

const thousands = ({ median, least, most }: Spread) => {
  const k = (value: number) => (value / 1000).toFixed(value < 10_000 ? 1 : 0);
  return `${k(median)} (${k(least)} to ${k(most)})`;
};
const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [row(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(row)].join("\n");

/** The report as a page. */
export function markdown(report: Report): string {
  const { compared, costs, machine, offered } = report;
  const closed = compared.cases.filter(({ mode, value }) => mode === "closed" && value > 1);
  const single = compared.cases.find(({ mode, value }) => mode === "closed" && value === 1);
  const open = compared.cases.find(({ mode }) => mode === "open");
  const [base] = compared.paths;
  const measured = compared.paths.filter(({ failed }) => failed === undefined);
  const rates = measured.map((path) => [
    path.name,
    ...closed.map(({ name }) => {
      const found = figure(path, name, rate);
      return found ? thousands(found) : "";
    }),
    ...closed.slice(0, 1).map(({ name }) => {
      const [own, all] = [figure(path, name, rate), figure(base, name, rate)];
      return own && all ? (own.median / all.median).toFixed(2) : "";
    }),
  ]);
  const trips = measured.map((path) => {
    const of = (name: string | undefined) =>
      (["p50", "p99", "p999"] as const).map(
        (key) => figure(path, name ?? "", (one) => one[key])?.median.toFixed(1) ?? "",
      );
    const share = figure(path, open?.name ?? "", lost);
    const percent = share ? `${(share.median * 100).toFixed(2)} %` : "";
    return [path.name, ...of(single?.name), ...of(open?.name), percent];
  });
  const routed = figure(base, closed[0]?.name ?? "", rate)?.median ?? 0;
  const bound = ({ wanted }: Cost) =>
    wanted?.atMost !== undefined
      ? `at most ${wanted.atMost}`
      : wanted?.atLeast !== undefined
        ? `at least ${wanted.atLeast}`
        : "";
  const shown = (value: number) =>
    Number.isInteger(value) || Math.abs(value) >= 100 ? `${Math.round(value)}` : value.toFixed(2);
  return `# Measured

Written by \`${report.command}\` on ${report.date}. Client, backend and each thing that is measured are hosts in network namespaces of one machine, and share its processors with the generator: shares count, not rates. Every round measures every path, one after the other; median of the rounds, least and most in brackets. Payload by size at 100 sessions, then by sessions at ${closed[0]?.size ?? 64} B.

${Object.entries(machine)
  .map(([what, value]) => `- ${what}: ${value}`)
  .join("\n")}
- versions: ${compared.paths.map(({ name, version }) => `${name}: ${version}`).join("; ")}
- the generator by itself offers ${Math.round(offered / 1000)}k packets a second, ${(offered / Math.max(1, routed)).toFixed(1)} times what routing carries there and back

![packets a second](bench.svg)

## Thousand packets a second, there and back

${table(["path", ...closed.map(({ name }) => name), "of routing"], rates)}

## Round trips in microseconds, and loss

One packet in flight, and ${open?.value ?? 0} packets a second whatever comes back.

${table(["path", "p50", "p99", "p99.9", "p50 at rate", "p99", "p99.9", "lost"], trips)}
${compared.paths
  .filter(({ failed }) => failed !== undefined)
  .map(({ name, failed }) => `\nNot measured: ${name} (${failed}).\n`)
  .join("")}
## What it costs elsewhere

${table(
  ["", "value", "", "wanted"],
  costs.map((cost) => [cost.what, shown(cost.value), cost.unit, bound(cost)]),
)}
`;
}

const BAR = 22;
const LEFT = 190;
const WIDTH = 720;

const escaped = (text: string) => text.replace(/[&<>"]/g, (found) => `&#${found.charCodeAt(0)};`);

/** Packets a second of the first case as bars, with the spread of the rounds. */
export function svg({ compared }: Report): string {
  const [first] = compared.cases;
  const bars = compared.paths.flatMap((path) => {
    const found = figure(path, first?.name ?? "", rate);
    return found ? [{ name: path.name, ...found }] : [];
  });
  const most = Math.max(1, ...bars.map((bar) => bar.most));
  const x = (value: number) => LEFT + (value / most) * (WIDTH - LEFT - 70);
  const lines = bars.map(({ name, median, least, most: top }, n) => {
    const y = 40 + n * BAR;
    const middle = y + BAR / 2 - 3;
    const colour = name.startsWith("director") ? "#2f6fde" : n === 0 ? "#888" : "#b9c3d3";
    return [
      `<text x="${LEFT - 8}" y="${middle + 4}" text-anchor="end">${escaped(name)}</text>`,
      `<rect x="${LEFT}" y="${y}" width="${(x(median) - LEFT).toFixed(1)}" height="${BAR - 6}" fill="${colour}"/>`,
      `<path d="M${x(least).toFixed(1)} ${middle}H${x(top).toFixed(1)}" stroke="#222"/>`,
      `<text x="${(x(top) + 6).toFixed(1)}" y="${middle + 4}">${Math.round(median / 1000)}k</text>`,
    ].join("");
  });
  const height = 52 + bars.length * BAR;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="${LEFT}" y="22" font-size="14">Packets a second there and back, ${first?.size ?? 0} B, ${first?.sessions ?? 0} sessions</text>
${lines.join("\n")}
</svg>
`;
}
