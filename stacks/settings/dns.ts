import { z } from "zod";
import { block, expected, pattern, text } from "./fields.ts";

const DNS_NAME =
  /^(@|[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*)$/i;
const ZONE_ID = /^[0-9a-f]{32}$/;

/** A name at Cloudflare that its proxy leaves alone. */
export const dns = block({
  /** Zone by name, looked up. */
  zone: text('a zone such as "example.com"').exactOptional(),
  /** Zone by id, 32 hex digits. */
  zoneId: pattern(ZONE_ID, "a Cloudflare zone id, 32 hex digits").exactOptional(),
  /** Name within the zone, such as `udp.debug`. */
  name: pattern(DNS_NAME, 'a name within the zone, such as "udp.debug", or "@"'),
  /** Seconds; 1 lets Cloudflare choose. */
  ttl: z
    .int({ error: expected("seconds, 60 to 86400, or 1 for automatic") })
    .refine((ttl) => ttl === 1 || (ttl >= 60 && ttl <= 86_400), {
      error: expected("seconds, 60 to 86400, or 1 for automatic"),
    })
    .default(60),
}).superRefine((given, context) => {
  if ((given.zone === undefined) === (given.zoneId === undefined)) {
    context.addIssue({
      code: "custom",
      path: ["zone"],
      message:
        given.zone === undefined
          ? "is missing: give the zone's name here, or its id as zoneId"
          : "is not allowed together with zoneId: give one of the two",
    });
  }
});
