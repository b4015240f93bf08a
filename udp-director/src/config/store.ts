import { object, oneOf, text, whole } from "./fields.ts";

/** The configuration block `store`. */

const journal = object({
  path: text("a path").describe("The file; one director a file"),
  fsyncSeconds: whole(0, 60, "seconds")
    .default(1)
    .describe("Longest time that a change may not be on the disk; 0: synced with each write"),
});

const redis = object({
  url: text("a URL such as redis://127.0.0.1:6379/0")
    .optional()
    .describe("`redis://[user:password@]host:port/database`, or `rediss://` for TLS"),
  urlEnv: text("the name of an environment variable")
    .optional()
    .describe("Environment variable with the URL, to keep its password out of the file"),
  prefix: text("a prefix")
    .default("udp-director:")
    .describe("Before every key; directors with the same one share their sessions"),
  lookUpMilliseconds: whole(1, 10_000, "milliseconds")
    .default(200)
    .describe("Longest wait of an unknown client's first packets for Redis"),
  unknownClients: oneOf(["drop", "default"])
    .default("drop")
    .describe(
      "While Redis cannot be asked, unknown clients are dropped or get the default endpoint",
    ),
});

export const storeSchema = object({
  kind: oneOf(["memory", "journal", "redis"])
    .default("memory")
    .describe("Where sessions and tokens are kept beside the process's memory"),
  activitySeconds: whole(1, 3600, "seconds")
    .default(10)
    .describe("Seconds between two notes of which sessions were active"),
  journal: journal.optional().describe("Settings of kind `journal`"),
  redis: redis.optional().describe("Settings of kind `redis`, for Redis and Valkey"),
});

type Loose = { readonly [key: string]: unknown };
type Report = (path: (string | number)[], message: string) => void;

/** Rules between the block's keys and others. Trusts no shape: it also runs when a key is wrong. */
export function checkStore(store: Loose, timeoutSeconds: unknown, report: Report): void {
  for (const kind of ["journal", "redis"]) {
    if (store.kind === kind && store[kind] === undefined) {
      report(["store", kind], `missing; store.kind is ${kind}`);
    }
    if (store.kind !== kind && store[kind] !== undefined) {
      report(["store", kind], `read by store.kind ${kind} only; remove it or change the kind`);
    }
  }
  const redis = store.redis as Loose | null | undefined;
  if (typeof redis === "object" && redis !== null && !redis.url === !redis.urlEnv) {
    report(["store", "redis"], "expected exactly one of url and urlEnv");
  }
  const { activitySeconds } = store;
  if (typeof activitySeconds === "number" && typeof timeoutSeconds === "number") {
    if (store.kind !== "memory" && activitySeconds >= timeoutSeconds) {
      report(["store", "activitySeconds"], "must be below sessionTimeoutSeconds");
    }
  }
}
