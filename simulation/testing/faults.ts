import assert from "node:assert/strict";
import type { Operation, Strike } from "../cloud/faults.ts";
import type { CloudObject } from "../cloud/world.ts";
import type { Workspace } from "../engine/index.ts";
import { shortName } from "./life-cycle.ts";

/** What changes the cloud, and so may leave something when it fails. */
type Failing = Extract<Operation, "create" | "update" | "delete">;

/** How a call fails: before it has happened, or after, with its answer lost. */
type FaultKind = Extract<Strike["kind"], "fail" | "lost">;

/**
 * Which way each call fails. Both, one after the other, takes twice as many deployments: `FAULTS=all`
 * has it so. Otherwise creations are lost, which is what leaves something, and deletions refused.
 */
const KINDS: Readonly<Record<Failing, readonly FaultKind[]>> =
  process.env.FAULTS === "all"
    ? { create: ["fail", "lost"], update: ["fail", "lost"], delete: ["fail", "lost"] }
    : { create: ["lost"], update: ["fail", "lost"], delete: ["fail"] };

const MESSAGES: Readonly<Record<FaultKind, string>> = {
  fail: "503 refused",
  lost: "timed out",
};

/** Deployments that one call after the other has to fail, and some to spare. */
const MOST_RUNS = 60;

export interface Survived {
  readonly runs: number;
  /** Every call that failed, in order. */
  readonly strikes: readonly Strike[];
  /** What a lost creation left that its repetition ran into, so that somebody had to remove it. */
  readonly inTheWay: readonly string[];
  /** What a lost creation left beside what its repetition made. Nobody knows of it. */
  readonly orphans: readonly string[];
}

/**
 * Runs a command again and again while every call that the clouds get fails for each resource, in
 * each way of its operation. It ends when nothing is left that could fail.
 *
 * After each run somebody looks at what could not be made because a lost call had made it already,
 * and removes that by hand, as in a portal. At the end, what is there twice is removed as well.
 */
export async function throughFaults(
  workspace: Workspace,
  command: "up" | "destroy",
  ...flags: readonly string[]
): Promise<Survived> {
  const operations = Object.keys(KINDS) as Failing[];
  await workspace.world.setFaults(
    operations.flatMap((operation) =>
      KINDS[operation].map((kind, index) => ({
        ...{ operation, type: "", eachResource: true, kind },
        ...{ nth: index + 1, message: MESSAGES[kind] },
      })),
    ),
  );
  const inTheWay: string[] = [];
  let seen = 0;
  for (let runs = 1; runs <= MOST_RUNS; runs++) {
    const result = await workspace[command](...flags);
    const { strikes } = await workspace.world.read();
    if (result.succeeded) {
      assert.equal(strikes.length, seen, "a failed call is not passed over");
      const orphans = await removeLeftovers(workspace, () => true);
      return { runs, strikes, inTheWay: inTheWay.sort(), orphans };
    }
    const struck = new Set(strikes.slice(seen).map(({ urn }) => urn));
    const refused = result.steps.filter(({ failed, urn }) => failed && !struck.has(urn));
    assert.ok(struck.size + refused.length > 0, `nothing failed, yet it did:\n${result.terminal}`);
    for (const { urn } of refused) {
      const removed = await removeLeftovers(workspace, (object) => object.urn === urn);
      assert.ok(removed.length > 0, `${urn} failed by itself:\n${result.terminal}`);
      inTheWay.push(...removed);
    }
    seen = strikes.length;
  }
  return assert.fail(`not through after ${MOST_RUNS} runs`);
}

/** Removes what the engine does not know, and tells what that was. */
async function removeLeftovers(
  workspace: Workspace,
  which: (object: CloudObject) => boolean,
): Promise<string[]> {
  const state = await workspace.exportState();
  const known = new Set(state.map(({ type, id }) => `${type} ${id}`));
  const { objects } = await workspace.world.read();
  const left = objects.filter(
    (object) => !known.has(`${object.type} ${object.id}`) && which(object),
  );
  for (const { type, id } of left) {
    await workspace.world.remove(type, id);
  }
  return left.map(({ urn }) => shortName(urn)).sort();
}

/** Holds that each of so many resources had its call fail once in each way of its operation. */
export function assertEachFailed(
  { strikes }: Survived,
  operation: Failing,
  resources: number,
): void {
  for (const kind of KINDS[operation]) {
    const urns = strikes
      .filter((strike) => strike.operation === operation && strike.kind === kind)
      .map(({ urn }) => urn);
    assert.equal(new Set(urns).size, urns.length, "once each");
    assert.equal(urns.length, resources, `${operation} ${kind}`);
  }
}
