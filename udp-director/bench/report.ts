import type { Case, Compared } from "./compare.ts";
import type { Cost } from "./costs.ts";
import { costLimit, type Goal, goals, reached, share } from "./goals.ts";
import type { Loaded } from "./site.ts";
import { type Spread, spread } from "./spread.ts";

/** Everything that a run of the bench found. */
export interface Report {
  readonly command: string;
  readonly date: string;
  /** How long it took. */
  readonly minutes: number;
  readonly machine: Readonly<Record<string, string>>;
  /** Packets a second that the generator offers by itself. */
  readonly offered: number;
  /** UDP. */
  readonly compared: Compared;
  /** TCP. */
  readonly streams: Compared;
  readonly costs: readonly Cost[];
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
const bound = (wanted: Goal["wanted"] | undefined) =>
  wanted?.atMost !== undefined
    ? `at most ${wanted.atMost}`
    : wanted?.atLeast !== undefined
      ? `at least ${wanted.atLeast}`
      : "";
const answer = (is: boolean | undefined) => (is === undefined ? "" : is ? "yes" : "no");
const shown = (value: number) =>
  Number.isInteger(value) || Math.abs(value) >= 100 ? `${Math.round(value)}` : value.toFixed(2);

const closedOf = ({ cases }: Compared) =>
  cases.filter(({ mode, value }) => mode === "closed" && value > 1);
const singleOf = ({ cases }: Compared): Case | undefined =>
  cases.find(({ mode, value }) => mode === "closed" && value === 1);
const measuredIn = ({ paths }: Compared) => paths.filter(({ failed }) => failed === undefined);

/** The report as a page. */
export function markdown(report: Report): string {
  const { compared, machine, offered } = report;
  const closed = closedOf(compared);
  const routed = figure(compared.paths[0], closed[0]?.name ?? "", rate)?.median ?? 0;
  const versions = new Map(
    [...compared.paths, ...report.streams.paths].map(({ name, version }) => [
      name.replace(/[:,].*/, ""),
      version,
    ]),
  );
  return `# Measured

Written by \`${report.command}\` on ${report.date}, in ${report.minutes} minutes. Client, backend and each thing that is measured are hosts in network namespaces of one machine, and share its processors with the generator: shares count, not rates. Every round measures every path, one after the other; median of the rounds, least and most in brackets. Shares are of the same round, and the median of those. Payload by size at 100 sessions, then by sessions at ${closed[0]?.size ?? 64} B.

${Object.entries(machine)
  .map(([what, value]) => `- ${what}: ${value}`)
  .join("\n")}
- versions: ${[...versions].map(([name, version]) => `${name}: ${version}`).join("; ")}
- the generator by itself offers ${Math.round(offered / 1000)}k packets a second, ${(offered / Math.max(1, routed)).toFixed(1)} times what routing carries there and back

![packets a second](bench.svg)

${packets(compared)}

${trips(compared)}

## TCP

Thousand requests of 64 B a second that come back on ${report.streams.cases[0]?.sessions ?? 0} connections, microseconds of one on a single connection, megabytes a second there and back in pieces of 64 KiB on 10, and thousand new connections a second that ask once.

${streams(report.streams)}
${missing([...compared.paths, ...report.streams.paths])}
## What it costs elsewhere

${costs(report.costs)}

## What the project wants

Of this run; where a goal is missed, the list below says what was tried and where the limit is.

${table(
  ["", "measured", "wanted", "reached"],
  goals(compared).map((goal) => [
    goal.what,
    goal.measured === undefined ? "not measured" : goal.measured.toFixed(2),
    bound(goal.wanted),
    answer(reached(goal)),
  ]),
)}

${limits(report)}
`;
}

function packets(compared: Compared): string {
  const [base] = compared.paths;
  const closed = closedOf(compared);
  const first = closed[0]?.name ?? "";
  const rows = measuredIn(compared).map((path) => [
    path.name,
    ...closed.map(({ name }) => {
      const found = figure(path, name, rate);
      const answered = path.short[name];
      if (answered !== undefined) return `only ${answered} answered`;
      return found ? thousands(found) : "";
    }),
    share(path, base, first, rate)?.toFixed(2) ?? "",
  ]);
  return `## Thousand packets a second, there and back

${table(["path", ...closed.map(({ name }) => name), `of routing, ${first}`], rows)}`;
}

function trips(compared: Compared): string {
  const open = compared.cases.find(({ mode }) => mode === "open");
  const rows = measuredIn(compared).map((path) => {
    const of = (name: string | undefined) =>
      (["p50", "p99", "p999"] as const).map(
        (key) => figure(path, name ?? "", (one) => one[key])?.median.toFixed(1) ?? "",
      );
    const loss = figure(path, open?.name ?? "", lost);
    const percent = loss ? `${(loss.median * 100).toFixed(2)} %` : "";
    return [path.name, ...of(singleOf(compared)?.name), ...of(open?.name), percent];
  });
  return `## Round trips in microseconds, and loss

One packet in flight, and ${open?.value ?? 0} packets a second whatever comes back.

${table(["path", "p50", "p99", "p99.9", "p50 at rate", "p99", "p99.9", "lost"], rows)}`;
}

function streams(compared: Compared): string {
  const [many, one, large, fresh] = compared.cases;
  const rows = measuredIn(compared).map((path) => {
    const by = (load: Case | undefined, of: (one: Loaded) => number) =>
      figure(path, load?.name ?? "", of);
    const rates = [many, fresh].map((load) => {
      const found = by(load, rate);
      return found ? thousands(found) : "";
    });
    const mega = by(large, (loaded) => (rate(loaded) * (large?.size ?? 0)) / 1e6);
    return [
      path.name,
      rates[0] ?? "",
      ...(["p50", "p99"] as const).map((key) => by(one, (l) => l[key])?.median.toFixed(1) ?? ""),
      mega ? mega.median.toFixed(0) : "",
      rates[1] ?? "",
    ];
  });
  return table(["path", "requests", "p50", "p99", "MB/s", "new connections"], rows);
}

const missing = (paths: readonly Named[]) =>
  paths
    .filter(({ failed }) => failed !== undefined)
    .map(({ name, failed }) => `\nNot measured: ${name} (${failed}).\n`)
    .join("");

const costs = (all: readonly Cost[]) =>
  table(
    ["", "value", "", "wanted", "reached"],
    all.map(({ what, value, unit, wanted }) => [
      ...[what, shown(value), unit, bound(wanted)],
      answer(reached({ measured: value, wanted })),
    ]),
  );

/** What was tried and where the limit is, for each bound of this run that is missed. */
function limits({ compared, costs: all }: Report): string {
  const missed = [
    ...goals(compared).filter((goal) => reached(goal) === false),
    ...all
      .filter(({ value, wanted }) => reached({ measured: value, wanted }) === false)
      .map((cost) => ({ what: cost.what, limit: costLimit(cost) ?? "" })),
  ];
  const byLimit = Map.groupBy(missed, ({ limit }) => limit);
  return [...byLimit]
    .map(([limit, of]) => `- ${of.map(({ what }) => what).join("; ")}. ${limit}`.trimEnd())
    .join("\n");
}

/** What the README says of a run, in a paragraph. */
export function summary({ compared, machine, date }: Report): string {
  const first = closedOf(compared)[0]?.name ?? "";
  const shares = compared.paths.slice(1).flatMap((path) => {
    const found = share(path, compared.paths[0], first, rate);
    return found === undefined
      ? []
      : [`${path.name.replace("director: ", "")} ${found.toFixed(2)}`];
  });
  const p50 = (path: Named | undefined) =>
    figure(path, singleOf(compared)?.name ?? "", (one) => one.p50)?.median.toFixed(0) ?? "?";
  const trip = ["routing", "director: kernel", "director: native, 1 worker"].map((name) =>
    p50(compared.paths.find((path) => path.name === name)),
  );
  return `Share of what plain routing carries on the same machine, in the same run (${machine.processor}, which generator and backend share; ${date}; 64 B, 100 sessions): ${shares.join("; ")}. A packet takes ${trip[0]} µs there and back by routing, ${trip[1]} µs through the kernel, ${trip[2]} µs through native threads. All tables, what else it costs, and which goals are missed: [docs/bench](docs/bench/README.md), by \`npm run bench\`.`;
}

const [OPEN, CLOSE] = ["<!-- measured by npm run bench -->", "<!-- end -->"];

/** A page whose marked paragraph says what this run found. Throws where it has no such place. */
export function withSummary(page: string, report: Report): string {
  const start = page.indexOf(OPEN);
  const end = page.indexOf(CLOSE, start);
  if (start < 0 || end < 0) throw new Error(`there is no place ${OPEN} … ${CLOSE}`);
  return `${page.slice(0, start + OPEN.length)}\n${summary(report)}\n${page.slice(end)}`;
}
