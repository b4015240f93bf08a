import { clusterStarter } from "../../simulation/cluster/open-cluster.ts";
import { clusterTools } from "../../simulation/cluster/test-cluster.ts";
import { clusterWorkloads } from "../../simulation/cluster/workloads.ts";
import { goVersion } from "../../toolchain/go-build.ts";
import { findPulumi } from "../../toolchain/pulumi.ts";
import { labMissing } from "../../udp-director/src/testing/lab/lab.ts";
import { say } from "../terminal.ts";

/** A group of tests that need the same of the machine. A test file belongs to one by its name. */
export interface Tier {
  readonly name: string;
  readonly what: string;
  /** Middle of the file name: `x.<suffix>.test.ts`; empty for `x.test.ts`. */
  readonly suffix: string;
  /** Files at a time. */
  readonly concurrency: number;
  /**
   * Name of a tier that it runs beside, where both are wanted: one that mostly waits for others
   * costs no time then.
   */
  readonly beside?: string;
  /** Longest that one file may take. Milliseconds. */
  readonly timeoutMs: number;
  /**
   * Builds what takes minutes, before any file's time starts to run. What cannot be had is no
   * failure here: the tests that need it say so.
   */
  prepare?(): Promise<void>;
  /** Why this machine cannot run it, in a line; `undefined` where it can. */
  missing(): Promise<string | undefined>;
}

const nothing = async () => undefined;

/** From fast to real. */
export const TIERS: readonly Tier[] = [
  {
    name: "unit",
    what: "pure functions, component arguments, architecture rules",
    suffix: "",
    concurrency: 2,
    timeoutMs: 240_000,
    missing: nothing,
  },
  {
    name: "preview",
    what: "whole programs on the mini engine, with true unknowns",
    suffix: "preview",
    concurrency: 2,
    timeoutMs: 300_000,
    missing: nothing,
  },
  {
    name: "socket",
    what: "the director, real sockets on loopback, real processes",
    suffix: "socket",
    concurrency: 2,
    timeoutMs: 180_000,
    missing: nothing,
  },
  {
    name: "mutation",
    what: "fixes taken out one by one, whose tests have to turn red",
    suffix: "mutation",
    concurrency: 1,
    timeoutMs: 600_000,
    missing: nothing,
  },
  {
    name: "tool",
    what: "independent judges built from their Go modules",
    suffix: "tool",
    concurrency: 1,
    timeoutMs: 600_000,
    missing: async () =>
      (await goVersion()) === undefined ? "no Go on PATH to build them with" : undefined,
  },
  {
    name: "service",
    what: "real servers of others, each skipped by itself where it cannot be had",
    suffix: "service",
    concurrency: 1,
    timeoutMs: 600_000,
    prepare: async () => {
      await clusterTools(say).catch((error: Error) => say(error.message));
    },
    missing: nothing,
  },
  {
    name: "lab",
    what: "hosts in network namespaces, forwarding in the kernel",
    suffix: "lab",
    concurrency: 1,
    beside: "service",
    timeoutMs: 300_000,
    missing: labMissing,
  },
  {
    name: "engine",
    what: "the real Pulumi engine: simulated clouds, and this machine's own stack",
    suffix: "engine",
    concurrency: 2,
    timeoutMs: 900_000,
    missing: async () => {
      try {
        await findPulumi({ progress: say });
        return undefined;
      } catch (error) {
        return (error as Error).message;
      }
    },
  },
  {
    name: "cluster",
    what: "a real Kubernetes with nodes, load balancers and clients, in namespaces of its own",
    suffix: "cluster",
    concurrency: 1,
    beside: "engine",
    timeoutMs: 600_000,
    prepare: async () => {
      await clusterWorkloads(say).catch((error: Error) => say(error.message));
    },
    missing: async () => {
      const starter = await clusterStarter(say).catch((error: Error) => ({
        missing: error.message,
      }));
      return "missing" in starter ? starter.missing : undefined;
    },
  },
];

/** The tier of a test file, by the part of its name before `.test.ts`. */
export function tierOf(file: string): Tier | undefined {
  const name = file.slice(file.lastIndexOf("/") + 1);
  const match = /^[^.]+(?:\.([^.]+))?\.test\.ts$/.exec(name);
  return match ? TIERS.find((tier) => tier.suffix === (match[1] ?? "")) : undefined;
}

/** Tiers that run at the same time, group after group in the order of the table. */
export function sideBySide(tiers: readonly Tier[]): readonly (readonly Tier[])[] {
  const beside = (tier: Tier) => tiers.find(({ name }) => name === tier.beside);
  return tiers
    .filter((tier) => beside(tier) === undefined)
    .map((first) => [first, ...tiers.filter((tier) => beside(tier) === first)]);
}
