import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { DirectorConfigInput } from "../src/config/schema.ts";
import { freePorts } from "../src/testing/free-ports.ts";
import { type LabHost, thisHost } from "../src/testing/lab/lab.ts";
import { LabAgent } from "../src/testing/lab/lab-agent.ts";
import { type LabDirector, startLabDirector } from "../src/testing/lab/lab-director.ts";
import { directorConfig, ECHO_PORTS } from "./director-paths.ts";
import type { Path } from "./path.ts";
import { askedOf, QUERY_RATE, startBareQuery } from "./queries.ts";
import { recovery } from "./recovery.ts";
import { type Asked, type BenchLab, DATA_PORT, type Site } from "./site.ts";

/** One figure, with what it should be where that is said anywhere. */
export interface Cost {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** Bound that it is to keep, and the side on which it should be. */
  readonly wanted?: { readonly atMost?: number; readonly atLeast?: number };
}

/** Objects that a real cluster's API server has, for a director of this machine to watch. */
export interface WatchedObjects {
  /** Path of a kubeconfig that may read them. */
  readonly kubeconfig: string;
  /** How the director reads them. */
  readonly mapping: DirectorConfigInput["resourceQueryMapping"][string];
  close(): Promise<void>;
}

/** Starts a cluster with so many objects in namespace `bench`; label `version`: number modulo 100. */
export type Watch = (objects: number) => Promise<WatchedObjects>;

/** How much is measured. */
export interface CostScale {
  readonly sessions: number;
  readonly objects: number;
  readonly recovered: number;
  readonly seconds: number;
  readonly starts: number;
}

/** Clock ticks a second in /proc, USER_HZ: 100 on every Linux that Node runs on. */
const TICKS = 100;
/** Bounds that the project sets itself. */
const WANTED = {
  sessionBytes: { kernel: 1024, other: 2048 },
  setUpPerSecond: 5000,
  queryMs: 1,
  retargetMs: 5,
  recoverySeconds: 1,
} as const;

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

async function usageOf(pid: number) {
  const [status, stat] = await Promise.all([
    readFile(`/proc/${pid}/status`, "utf8"),
    readFile(`/proc/${pid}/stat`, "utf8"),
  ]);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    bytes: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024,
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
  };
}

/** What sessions cost on one of the director's data paths: to set up, to hold, to have idle. */
async function sessions(lab: BenchLab, path: Path, scale: CostScale): Promise<Cost[]> {
  const site = await lab.site(ECHO_PORTS);
  const running = await path.start(site);
  try {
    const pid = running.pid ?? 0;
    const load = (count: number) =>
      lab.load(site, running.to, {
        ...{ sessions: count, size: 64, seconds: 0.1, mode: "closed", value: 1 },
      });
    // Code and buffers that come with the first sessions are not the sessions' own.
    await load(Math.min(500, scale.sessions));
    await wait(500);
    const before = await usageOf(pid);
    const { established, setupSeconds } = await load(scale.sessions);
    await wait(1000);
    const after = await usageOf(pid);
    const idle = Math.max(2, 2 * scale.seconds);
    await wait(idle * 1000);
    const later = await usageOf(pid);
    const own = `${path.name}, ${established} sessions`;
    const kernel = path.name.endsWith("kernel");
    return [
      {
        what: `sessions set up (${own})`,
        value: established / setupSeconds,
        unit: "a second",
        wanted: { atLeast: WANTED.setUpPerSecond },
      },
      {
        what: `memory (${own})`,
        value: (after.bytes - before.bytes) / Math.max(1, established - 500),
        unit: "B a session",
        wanted: { atMost: kernel ? WANTED.sessionBytes.kernel : WANTED.sessionBytes.other },
      },
      {
        what: `processor while idle (${own})`,
        value: ((later.cpuSeconds - after.cpuSeconds) / idle) * 100,
        unit: "% of a core",
      },
    ];
  } finally {
    await running.stop();
  }
}

async function startUp(lab: BenchLab, starts: number): Promise<Cost> {
  const site = await lab.site(1);
  const took: number[] = [];
  for (let n = 0; n < starts; n++) {
    const director = await startLabDirector(site.host, directorConfig(site.near, site.backend));
    took.push(director.readyMs);
    await director.stop();
  }
  return { what: "start-up to ready", value: median(took), unit: "ms" };
}

const client = (host: Pick<LabHost, "run">, ...args: readonly (string | number)[]) =>
  host
    .run(process.execPath, join(import.meta.dirname, "client.ts"), ...args.map(String))
    .then((out) => JSON.parse(out));

/** Queries of a director that knows its objects already. */
function queryCosts(asked: Asked, objects: number, from: string): Cost[] {
  const name = `queries at ${QUERY_RATE} a second, ${objects} objects ${from}`;
  const bound = { atMost: WANTED.queryMs };
  return [
    { what: `${name}: p50`, value: asked.p50 / 1000, unit: "ms" },
    { what: `${name}: p99`, value: asked.p99 / 1000, unit: "ms", wanted: bound },
    { what: `${name}: failed`, value: asked.failed, unit: "", wanted: { atMost: 0 } },
  ];
}

/** How far JavaScript can go. */
async function bareQueries(lab: BenchLab, site: Site, seconds: number): Promise<Cost[]> {
  const bare = await startBareQuery(site.host, site.near, 9000);
  try {
    const { p50, p99, late } = await askedOf(lab, lab.client, [site.near, 9000], seconds);
    const name = `the same text from node:net alone, ${QUERY_RATE} a second`;
    return [
      { what: `${name}: p50`, value: p50 / 1000, unit: "ms" },
      { what: `${name}: p99`, value: p99 / 1000, unit: "ms" },
      { what: `${name}: p99 of the generator's own delay`, value: late / 1000, unit: "ms" },
    ];
  } finally {
    await bare.stop();
  }
}

async function queries(lab: BenchLab, { objects, seconds }: CostScale): Promise<Cost[]> {
  const site = await lab.site(1);
  const bare = await bareQueries(lab, site, seconds);
  const resources = Array.from({ length: objects }, (_, n) => ({
    ...{ resourceType: "echo", namespace: "bench", name: `echo-${n}` },
    ...{ labels: { version: `${n % 100}` }, address: site.backend, ports: { udp: 9001 } },
  }));
  const director = await startLabDirector(site.host, {
    ...directorConfig(site.near, site.backend),
    discovery: { static: { resources } },
    // All come from one address.
    protection: { exempt: ["10.91.0.0/16"] },
  });
  try {
    const asked = await askedOf(lab, lab.client, [site.near, 9000], seconds);
    return [...bare, ...queryCosts(asked, objects, "of the configuration")];
  } finally {
    await director.stop();
  }
}

/** The same with objects of an API server, on the loopback of a host that can reach it: this one. */
async function watchedQueries(
  lab: BenchLab,
  watch: Watch,
  { objects, seconds }: CostScale,
): Promise<Cost[]> {
  const watched = await watch(objects);
  try {
    const { kubeconfig, mapping } = watched;
    const address = "127.0.0.1";
    const [queryPort = 0, dataPort = 0, metricsPort = 0] = await freePorts(3);
    const director = await startLabDirector(thisHost, {
      ...directorConfig(address, address),
      ...{ queryPort, dataPort, metricsPort },
      resourceQueryMapping: { echo: mapping },
      discovery: { kubernetes: { kubeconfig, namespaces: ["bench"] } },
      protection: { exempt: ["127.0.0.0/8"] },
    });
    try {
      const what = `start-up to ready with ${objects} objects of an API server`;
      const asked = await askedOf(lab, thisHost, [address, queryPort], seconds);
      return [
        { what, value: director.readyMs, unit: "ms" },
        ...queryCosts(asked, objects, "watched"),
      ];
    } finally {
      await director.stop();
    }
  } finally {
    await watched.close();
  }
}

async function moves(lab: BenchLab, path: string, setting: object): Promise<Cost[]> {
  const site = await lab.site(0);
  const echoes = new LabAgent(lab.backend);
  for (const [n, label] of ["0", "1"].entries()) await echoes.echo(site.backend, 9001 + n, label);
  const config = { ...directorConfig(site.near, site.backend, 2), ...setting };
  const director: LabDirector = await startLabDirector(site.host, config as DirectorConfigInput);
  try {
    const { milliseconds, lost, sent } = await client(
      ...([lab.client, site.near, 9000, DATA_PORT, 10] as const),
    );
    const name = `move of a session (${path})`;
    return [
      { what: name, value: milliseconds, unit: "ms", wanted: { atMost: WANTED.retargetMs } },
      { what: `${name}: lost of ${sent} packets in 10 moves`, value: lost, unit: "" },
    ];
  } finally {
    await director.stop();
  }
}

/** What a person pays elsewhere than with packets. */
export async function costs(
  lab: BenchLab,
  paths: readonly Path[],
  scale: CostScale,
  { redis, watch }: { readonly redis?: string | undefined; readonly watch?: Watch | undefined },
  progress: (line: string) => void,
): Promise<readonly Cost[]> {
  progress("costs: start-up, sessions, queries, moves, recovery");
  const found: Cost[] = [await startUp(lab, scale.starts)];
  for (const path of paths.filter(({ name }) => name.startsWith("director"))) {
    found.push(...(await sessions(lab, path, scale)));
  }
  found.push(...(await queries(lab, scale)));
  if (watch !== undefined) found.push(...(await watchedQueries(lab, watch, scale)));
  found.push(...(await moves(lab, "default", {})));
  found.push(...(await moves(lab, "kernel", { kernel: { enabled: true } })));
  for (const { store, seconds } of await recovery(scale.recovered, redis)) {
    const what = `${scale.recovered} sessions recovered from ${store}`;
    found.push({ what, value: seconds, unit: "s", wanted: { atMost: WANTED.recoverySeconds } });
  }
  return found;
}
