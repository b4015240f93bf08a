import type { Compared } from "./compare.ts";
import type { Cost } from "./costs.ts";
import type { Loaded } from "./site.ts";
import { spread } from "./spread.ts";

/** A relation that the project wants between two things that one run measured. */
export interface Goal {
  readonly what: string;
  readonly wanted: { readonly atMost?: number; readonly atLeast?: number };
  /** Undefined where one of the two was not measured. */
  readonly measured: number | undefined;
  /** What was tried and what the limit is, for the case that it is missed. */
  readonly limit: string;
}

/** Whether a bound is kept; undefined where nothing was measured or no bound is set. */
export function reached({
  wanted,
  measured,
}: Pick<Goal, "measured"> & { readonly wanted?: Goal["wanted"] | undefined }): boolean | undefined {
  if (measured === undefined || wanted === undefined) return undefined;
  const { atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY } = wanted;
  return measured <= atMost && measured >= atLeast;
}

type Named = Compared["paths"][number];

/**
 * Median of what one path did as a share of another, round by round: in a round they follow each
 * other, so a slow minute of the machine is in both.
 */
export function share(
  path: Named | undefined,
  base: Named | undefined,
  name: string,
  of: (one: Loaded) => number,
): number | undefined {
  const rounds = (path?.results[name] ?? []).flatMap((one, round) => {
    const other = base?.results[name]?.[round];
    return other === undefined || of(other) === 0 ? [] : [of(one) / of(other)];
  });
  return spread(rounds)?.median;
}

const rate = (one: Loaded) => one.packetsPerSecond;
const least = (values: readonly (number | undefined)[]) => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
};
const most = (values: readonly (number | undefined)[]) => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
};

const KERNEL_LIMIT =
  "The program past the rules takes about what routing takes ([decision 0012](../decisions/0012-a-program-past-the-rules.md)); generator, backend and all that is measured share the processors, so shares vary by a tenth from run to run. Where rules forward alone connection tracking and NAT are most of it: a bare DNAT map with masquerading reached 0.75 of routing ([decision 0010](../decisions/0010-forwarding-in-the-kernel.md)).";
const NATIVE_LIMIT =
  "One packet in flight leaves nothing to gather into a batch, so a packet takes three system calls each way, about as many as with nginx; with many in flight the batches tell. Generator and backend share the processors, so a second worker gets what these leave. From run to run these shares vary by a tenth, p99 by a quarter.";
const SOCKETS_LIMIT =
  "node:dgram makes two system calls, a buffer and a turn of the event loop for each packet, and has no call for several. Threads of JavaScript on one port gained a tenth ([decision 0011](../decisions/0011-native-threads.md)), so there are none; the native threads are what came of it. A forwarder of node:dgram that does nothing else is a row of its own (`bare-dgram.ts`).";

/** The goals that compare, each from this run alone. */
export function goals({ cases, paths }: Compared): readonly Goal[] {
  const path = (name: string) => paths.find((one) => one.name === name);
  const first = cases[0]?.name ?? "";
  const single = cases.find(({ mode, value }) => mode === "closed" && value === 1)?.name ?? "";
  const kernel = path("director: kernel");
  const nginx = (workers: number) => path(`nginx stream, ${plural(workers)}`);
  const quilkin = (workers: number) => path(`quilkin, ${plural(workers)}`);
  const native = (workers: number) => path(`director: native, ${plural(workers)}`);
  const routing = paths[0];
  const each = (of: (workers: number) => number | undefined) => [1, 2].map(of);
  const bySessions = cases
    .filter(({ mode, value, name }) => mode === "closed" && value > 1 && name.includes("session"))
    .map(({ name }) => share(kernel, routing, name, rate));
  const flat = [least(bySessions), most(bySessions)] as const;
  const answered = cases.flatMap(({ name, sessions }) => {
    const short = kernel?.short[name];
    if (short === undefined && kernel?.results[name] === undefined) return [];
    return [(short ?? sessions) / sessions];
  });
  return [
    {
      what: "kernel / routing, packets a second",
      ...{ wanted: { atLeast: 0.9 }, limit: KERNEL_LIMIT },
      measured: share(kernel, routing, first, rate),
    },
    {
      what: "kernel / routing, p50 with 1 in flight",
      ...{ wanted: { atMost: 1.2 }, limit: KERNEL_LIMIT },
      measured: share(kernel, routing, single, ({ p50 }) => p50),
    },
    {
      what: "kernel / nginx stream with its better number of workers, packets a second",
      ...{ wanted: { atLeast: 2 }, limit: KERNEL_LIMIT },
      measured: least(each((workers) => share(kernel, nginx(workers), first, rate))),
    },
    {
      what: "kernel, part of the sessions that are all answered at once, at their most",
      ...{ wanted: { atLeast: 1 }, limit: KERNEL_FLAT },
      measured: least(answered),
    },
    {
      what: "kernel, share of routing: least by number of sessions / greatest, where all are",
      ...{ wanted: { atLeast: 0.9 }, limit: KERNEL_FLAT },
      measured: flat[0] === undefined || !flat[1] ? undefined : flat[0] / flat[1],
    },
    {
      what: "native / nginx stream with as many workers, packets a second",
      ...{ wanted: { atLeast: 1.3 }, limit: NATIVE_LIMIT },
      measured: least(each((n) => share(native(n), nginx(n), first, rate))),
    },
    {
      what: "native / quilkin with as many workers, packets a second",
      ...{ wanted: { atLeast: 1.4 }, limit: NATIVE_LIMIT },
      measured: least(each((n) => share(native(n), quilkin(n), first, rate))),
    },
    ...(["p50", "p99"] as const).map((key) => ({
      what: `native / nginx stream with 1 worker, ${key} with 1 in flight`,
      ...{ wanted: { atMost: 1 }, limit: NATIVE_LIMIT },
      measured: share(native(1), nginx(1), single, (one) => one[key]),
    })),
    {
      what: "sockets / nginx stream with 1 worker, packets a second",
      ...{ wanted: { atLeast: 0.55 }, limit: SOCKETS_LIMIT },
      measured: share(path("director: sockets"), nginx(1), first, rate),
    },
  ];
}

const KERNEL_FLAT =
  "Sessions are loaded until they are as fast as they get, 12 times at most; until the kernel has their flows JavaScript carries part of the packets. With 100,000 sessions at once not all were answered in 40 s: a session needs a socket until a packet of its client comes after the kernel has its flow, so descriptors (20,000 there) and own ports bound how many can be new at a time.";
const plural = (workers: number) => `${workers} worker${workers === 1 ? "" : "s"}`;

/** What to know of costs that miss their bound: by how they begin. */
const COST_LIMITS: readonly (readonly [RegExp, string])[] = [
  [
    /^memory /,
    "Resident memory of the process as it grew, so what the heap holds in reserve counts as well. A session is a record, its client's key in maps, a route, and the socket of its first packets. Room for new objects, which V8 reserves, was most of it until that was bounded (`--max-semi-space-size=4`), and what sessions have in common is held once. In the kernel a flow is an object more, with its addresses.",
  ],
  [
    /^sessions set up /,
    "A session is a decision in JavaScript, and a socket of its own: its creation, binding, connecting and registration are system calls of some microseconds each, beside the first packets.",
  ],
  [
    /^queries /,
    "Each query is a TCP connection of its own, and takes from the time at which it was due. Generator and director share the processors with whatever else the machine does, which the generator's own delay shows; what node:net alone takes to answer a connection with the same text each time is a row of its own since the run of 2026-11-30, and the least that can be reached. Until then the generator was a program of Node that was cold at its start, and sent late. In one run with the generator of now, on a busy machine that let both go first, the director's p50 went from 0.61 to 0.34 ms since then and its share of a core from 63 to 36 %, with 0.22 ms of node:net alone; where the generator's delay was below 0.2 ms, p99 went from 2.0 and 3.5 to 0.7 and 1.0 ms, with 0.4 to 1.1.",
  ],
  [
    /^move /,
    "From the client's control packet to the first answer of the new backend, with a packet each millisecond: half a millisecond of it is the wait for the next packet, and the kernel's path has to hear of it from nft first, a process that waits for a processor where others are busy.",
  ],
  [
    /recovered/,
    "Reading and checking each record, and a session in the table for it, in a process that has just started. The journal is at its longest, twice as many lines as sessions. With Redis each client asks for its own session, 500 at a time, as when all send at once. Since the run of 2026-11-30 sessions are read from the journal's bytes, what they share is read once, and Redis is asked once for all clients of a turn. In one run on a busy machine the journal took 1.59 s before and 0.84 s since, medians of three.",
  ],
];

export const costLimit = ({ what }: Cost): string | undefined =>
  COST_LIMITS.find(([begins]) => begins.test(what))?.[1];
