import { object, whole } from "./fields.ts";

/** The configuration block `shutdown`. */
export const shutdownSchema = object({
  delaySeconds: whole(0, 3600, "seconds")
    .default(0)
    .describe("Seconds after SIGTERM in which new sessions are still taken: balancers need them"),
  drainSeconds: whole(0, 86_400, "seconds")
    .default(0)
    .describe("Seconds after that in which sessions go on; it ends early when none is left"),
});
