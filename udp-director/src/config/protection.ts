import { z } from "zod";
import { isNetwork } from "../protection/source.ts";
import { listOf, object, oneOf, text, whole } from "./fields.ts";

/**
 * The `protection` block. Defaults are chosen so that no client that works loses anything;
 * the reasons stand in docs/director.md, "Protection".
 */

const network = () => {
  const error = "expected a network such as 10.0.0.0/8 or an IP address";
  return z.string({ error }).refine(isNetwork, { error });
};

const tokenFailures = object({
  count: whole(0, 1_000_000)
    .default(100)
    .describe("Failures within the window that ban a source; 0: never"),
  windowSeconds: whole(1, 86_400, "seconds").default(10).describe("From the first failure on"),
  banSeconds: whole(1, 604_800, "seconds").default(60).describe("Length of a ban"),
});

const unproven = object({
  replyFactor: whole(0, 1000)
    .default(3)
    .describe("Bytes of replies for each byte of an unproven client; 0: no bound"),
  proof: oneOf(["reply", "token"])
    .default("reply")
    .describe("What proves a client without a token: a packet after a `reply`, or only a `token`"),
});

const allowed = object({
  namespace: text("a namespace").describe("Namespace that clients may name"),
  resourceTypes: listOf(text("a resource type"), "resource type")
    .optional()
    .describe("Types that they may ask for in it (left out: all)"),
});

export const protectionSchema = object({
  exempt: z
    .array(network(), { error: "expected a list of networks" })
    .default(["127.0.0.0/8", "::1/128"])
    .describe("Networks without limits by source, such as a load balancer that hides clients"),
  maxSources: whole(1, 5_000_000)
    .default(65_536)
    .describe("Sources that each limit remembers; at the limit the first one is forgotten"),
  packetsPerSecond: whole(0, 10_000_000)
    .default(0)
    .describe("Datagrams of one source; 0: no limit"),
  packetBurst: whole(1, 10_000_000).default(10_000).describe("Datagrams of one source at once"),
  newSessionsPerSecond: whole(0, 1_000_000)
    .default(200)
    .describe("Sessions that one source may open; 0: no limit"),
  newSessionBurst: whole(1, 1_000_000)
    .default(2000)
    .describe("Sessions that one source may open at once"),
  tokenFailures: tokenFailures.prefault({}).describe("Bans for unknown and expired tokens"),
  unproven: unproven.prefault({}).describe("Bound on replies to clients that may be forged"),
  challenge: oneOf(["off", "default", "always"])
    .default("off")
    .describe(
      "Who must send a cookie back first: clients on their way to the `default` endpoint, or `always` those with a token too",
    ),
  maxQueryConnectionsPerSource: whole(1, 65_536)
    .default(64)
    .describe("Open query connections of one source"),
  allowQueries: listOf(allowed, "namespace")
    .optional()
    .describe("What clients may ask for (left out: everything)"),
});
