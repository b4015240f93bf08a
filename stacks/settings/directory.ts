import { healthSchema } from "udp-director/directory-schema";
import { z } from "zod";
import { clusterAccess } from "./cluster-access.ts";
import { block, expected, ipAddress, namespaceName, portNumber, text, whole } from "./fields.ts";

const keys = {
  /** Image of udp-director with a tag or digest. */
  image: text('an image such as "registry.example.com/udp-director:1.0.0"'),
  namespace: namespaceName().default("default"),
  /** Region that clients choose by. */
  region: text("a region").exactOptional(),
  /** How long clients may keep an answer, seconds. */
  ttlSeconds: whole(0, 86_400, "seconds").default(30),
  /** Origin that browsers may call from. */
  allowOrigin: text("an origin, or *").default("*"),
  /** A secret that requests have to carry. Left out: everybody may ask. */
  token: text("a bearer token, as a secret").exactOptional(),
  /** Probes by the endpoint's name. Left out: a connection to its first TCP port, if it has one. */
  health: z
    .record(z.string(), healthSchema, { error: expected("a map of endpoints to their probes") })
    .default({}),
};

/** An endpoint directory on the stack's own cluster, inside of it. */
export const directory = block(keys);

/** One that the platform's load balancer may publish. */
export const publishedDirectory = block({
  ...keys,
  /** TCP port that clients use. Left out: it is reached inside the cluster only. */
  publicPort: portNumber().exactOptional(),
});

/** One that may have an address of the pool. */
export const directoryOnAddress = publishedDirectory
  .extend({
    /** Address of the pool for `publicPort`. Left out: the next free one. */
    address: ipAddress().exactOptional(),
  })
  .superRefine(({ address, publicPort }, context) => {
    if (address !== undefined && publicPort === undefined) {
      const message = "is given, but nothing is published there: give publicPort, too";
      context.addIssue({ code: "custom", path: ["address"], message });
    }
  });

/** One on a cluster elsewhere, for stacks without one. */
export const directoryElsewhere = block({
  ...keys,
  /** The cluster that it runs on. */
  cluster: clusterAccess.prefault({}),
});

export type DirectorySettings = z.output<typeof directory>;

/** Says of probes that no endpoint has the name of. */
export function checkProbes(
  context: z.RefinementCtx,
  given: DirectorySettings | undefined,
  endpoints: readonly string[],
): void {
  for (const name of Object.keys(given?.health ?? {})) {
    if (!endpoints.includes(name)) {
      const message = `is no endpoint of the stack: it has ${endpoints.join(", ")}`;
      context.addIssue({ code: "custom", path: ["directory", "health", name], message });
    }
  }
}
