import type { Trap } from "./trap.ts";

const ARGS = "components/cloudflare/dns-only-record-args.ts";
const TEST = "components/cloudflare/dns-only-record.test.ts";

/** Traps of Cloudflare. */
export const cloudflare: readonly Trap[] = [
  {
    number: 28,
    trap: "one proxied record of a name makes Cloudflare treat every address of it as proxied; UDP ends there",
    fix: "records are never proxied, the name is looked up in every preview, and without an answer it is refused",
    mutations: [
      {
        file: ARGS,
        from: "record.proxied === true && ",
        to: "false && ",
        test: "trap 28: a proxied record of the same name is refused, whatever leads to it",
        in: TEST,
      },
      {
        file: ARGS,
        from: "!Array.isArray(existing)",
        to: "false",
        test: "trap 28: a proxied record of the same name is refused, whatever leads to it",
        in: TEST,
      },
    ],
    alsoShown: [
      "a proxied record of the same name stops the preview (trap 28)",
      "somebody switches the record to proxied: the next run says so and stops (trap 28)",
    ],
  },
  {
    number: 29,
    trap: "a ttl that Cloudflare refuses, or a proxied record",
    fix: "the ttl is 1 or 60 to 86400, and `proxied` is always false",
    mutations: [
      {
        file: ARGS,
        from: "!inRange && ttl !== automaticTtl",
        to: "false",
        test: "trap 29: a record is never proxied, and its ttl is 1 or 60 to 86400",
        in: TEST,
      },
      {
        file: "components/cloudflare/dns-only-record.ts",
        from: "proxied: false",
        to: "proxied: true",
        test: "trap 29: a record is never proxied, and its ttl is 1 or 60 to 86400",
        in: TEST,
      },
    ],
  },
];
