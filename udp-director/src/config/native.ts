import { z } from "zod";
import { object, whole } from "./fields.ts";

/** The `native` block: established sessions forwarded by threads in native code. */
export const nativeSchema = object({
  enabled: z
    .boolean({ error: "expected true or false" })
    .default(true)
    .describe(
      "Have native threads forward established sessions; node:dgram does where they cannot be built",
    ),
  workers: whole(1, 64).optional().describe("Threads (left out: one a processor, 16 at most)"),
});
