import { invalid } from "../endpoint/invalid.ts";
import { whole } from "../endpoint/values.ts";
import { isFullyPlain } from "./config.ts";

/** Where the journal's volume is mounted. */
export const STATE_DIR = "/var/lib/udp-director";
/** Environment variable with the URL of Redis. */
export const REDIS_URL = "REDIS_URL";

/** What decides how many pods there are, and of which kind. */
export interface StorePlan {
  /** True for a journal: one pod with a volume that follows it. */
  readonly volume: boolean;
  /** True where any pod can serve any client. */
  readonly shared: boolean;
  /** The block `store` of the configuration; absent where it is left as it was given. */
  readonly store?: object;
}

interface Plain {
  readonly store?: {
    readonly kind?: string;
    readonly journal?: { readonly path?: string };
  };
}

/**
 * Reads the block `store`, which decides what is created, and gives it the URL of Redis.
 *
 * @throws InputPropertyError for a block that is not plain, a journal outside of the volume, and a
 * URL that goes with nothing.
 */
export function storePlan(config: unknown, redisUrlGiven: boolean): StorePlan {
  const { store } = (config ?? {}) as Plain;
  if (!isFullyPlain(store)) {
    invalid("config.store", "has to be plain values: it decides which kind of pods there are");
  }
  const kind = store?.kind ?? (redisUrlGiven && store === undefined ? "redis" : "memory");
  if (redisUrlGiven && kind !== "redis") {
    invalid("redisUrl", `is given, but config.store.kind is ${kind}: leave one of them out`);
  }
  const path = store?.journal?.path;
  if (kind === "journal" && path !== undefined && !path.startsWith(`${STATE_DIR}/`)) {
    invalid(
      "config.store.journal.path",
      `${path} is not on the volume, which is mounted at ${STATE_DIR}: a restart would lose it`,
    );
  }
  return {
    volume: kind === "journal",
    shared: kind === "redis",
    ...(redisUrlGiven
      ? { store: { ...store, kind: "redis", redis: { ...redisOf(store), urlEnv: REDIS_URL } } }
      : {}),
  };
}

const redisOf = (store: object | undefined): object =>
  (store as { redis?: object } | undefined)?.redis ?? {};

/**
 * Number of pods.
 *
 * @throws InputPropertyError for a second one that would not know the first one's clients.
 */
export function replicasOf(given: number | undefined, { volume, shared }: StorePlan): number {
  const replicas = given ?? (shared ? 2 : 1);
  if (replicas !== 1 && !shared) {
    invalid(
      "replicas",
      volume
        ? `is ${replicas}, but a journal is one director's: a second pod would not know the first one's tokens and sessions. Leave it at 1, or share a store (redisUrl)`
        : `is ${replicas}, but without a shared store a director keeps tokens and sessions in the pod's memory: a query answered by one pod gives a token that another does not know. Leave it at 1, or share a store (redisUrl)`,
    );
  }
  return whole("replicas", replicas, { min: 1, max: 100 });
}
