import { z } from "zod";
import { object, whole } from "./fields.ts";

/** The configuration block `tcp`: data ports with protocol `tcp`. */
export const tcpSchema = object({
  preludeMilliseconds: whole(0, 60_000, "milliseconds")
    .default(500)
    .describe("Longest wait for a connection's first bytes, which may name its session; 0: none"),
  joinByAddress: z
    .boolean({ error: "expected true or false" })
    .default(true)
    .describe("A connection without a token joins its address's session when it has exactly one"),
  connectTimeoutSeconds: whole(1, 300, "seconds")
    .default(5)
    .describe("Longest wait for a backend to accept a connection"),
});
