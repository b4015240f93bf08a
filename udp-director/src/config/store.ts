import { object, oneOf, text, whole } from "./fields.ts";

/** The configuration block `store`. */

const journal = object({
  path: text("a path").describe("The file; one director a file"),
  fsyncSeconds: whole(0, 60, "seconds")
    .default(1)
    .describe("Longest time that a change may not be on the disk; 0: synced with each write"),
});

export const storeSchema = object({
  kind: oneOf(["memory", "journal"])
    .default("memory")
    .describe("Where sessions and tokens are kept beside the process's memory"),
  activitySeconds: whole(1, 3600, "seconds")
    .default(10)
    .describe("Seconds between two notes of which sessions were active"),
  journal: journal.optional().describe("Settings of kind `journal`"),
});

type Loose = { readonly [key: string]: unknown };
type Report = (path: (string | number)[], message: string) => void;

/** Rules between the block's keys and others. Trusts no shape: it also runs when a key is wrong. */
export function checkStore(store: Loose, timeoutSeconds: unknown, report: Report): void {
  for (const kind of ["journal"]) {
    if (store.kind === kind && store[kind] === undefined) {
      report(["store", kind], `missing; store.kind is ${kind}`);
    }
    if (store.kind !== kind && store[kind] !== undefined) {
      report(["store", kind], `read by store.kind ${kind} only; remove it or change the kind`);
    }
  }
  const { activitySeconds } = store;
  if (typeof activitySeconds === "number" && typeof timeoutSeconds === "number") {
    if (activitySeconds >= timeoutSeconds) {
      report(["store", "activitySeconds"], "must be below sessionTimeoutSeconds");
    }
  }
}
