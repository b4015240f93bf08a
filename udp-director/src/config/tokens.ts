import { z } from "zod";
import { KEY_ID } from "../protocol/sealed-token.ts";
import { listOf, object, oneOf, text, whole } from "./fields.ts";

/** The configuration block `tokens`. */

const ID = "expected 1 to 16 letters, digits, - and _";

const tokenKey = object({
  id: z.string({ error: ID }).regex(KEY_ID, ID).describe("Name of the key; stands in every token"),
  secretFile: text("a path").optional().describe("File with 32 bytes in hex or base64"),
  secretEnv: text("the name of an environment variable")
    .optional()
    .describe("Environment variable with 32 bytes in hex or base64"),
  secret: text("32 bytes in hex or base64")
    .optional()
    .describe("The 32 bytes themselves, in hex or base64; for tests"),
});

export const tokensSchema = object({
  kind: oneOf(["uuid", "sealed"])
    .default("uuid")
    .describe("Tokens that are granted; `sealed` ones need no store and are good at any replica"),
  singleUse: z
    .boolean({ error: "expected true or false" })
    .default(false)
    .describe("Only the first socket that uses a token may use it"),
  bindToQuerySource: z
    .boolean({ error: "expected true or false" })
    .default(false)
    .describe("A token works only from the address that asked for it"),
  resume: oneOf(["off", "sameAddress", "any"])
    .default("off")
    .describe("From where a live session's token takes the session along to another socket"),
  clockSkewSeconds: whole(0, 300, "seconds")
    .default(5)
    .describe("How far the clocks of replicas may be apart; sealed tokens live this much longer"),
  keys: listOf(tokenKey, "key")
    .optional()
    .describe("Keys of sealed tokens: the first seals, all open, for kind `uuid` too"),
});

type Loose = { readonly [key: string]: unknown };
type Report = (path: (string | number)[], message: string) => void;

/** Bytes that names of data ports may take in a sealed token, 3 more for each port included. */
export const MAX_PORT_NAME_BYTES = 160;

/** Rules between the block's keys. Trusts no shape: it also runs when a key is wrong. */
export function checkTokens(tokens: Loose, portNames: readonly unknown[], report: Report): void {
  const keys = Array.isArray(tokens.keys) ? (tokens.keys as Loose[]) : [];
  if (tokens.kind === "sealed" && tokens.keys === undefined) {
    report(["tokens", "keys"], "missing; sealed tokens need at least one key");
  }
  if (tokens.resume === "any" && tokens.bindToQuerySource === true) {
    report(["tokens", "resume"], "bindToQuerySource lets no other address in; use sameAddress");
  }
  const ids = new Set<unknown>();
  for (const [index, key] of keys.entries()) {
    if (typeof key !== "object" || key === null) continue;
    const path = ["tokens", "keys", index];
    const given = ["secretFile", "secretEnv", "secret"].filter((name) => key[name] !== undefined);
    if (given.length !== 1) {
      report([...path], "expected exactly one of secretFile, secretEnv and secret");
    }
    if (ids.has(key.id)) report([...path, "id"], "this id is used twice; keys need their own");
    ids.add(key.id);
  }
  const bytes = portNames.reduce<number>(
    (sum, name) => sum + 3 + new TextEncoder().encode(String(name)).length,
    0,
  );
  if (tokens.kind === "sealed" && bytes > MAX_PORT_NAME_BYTES) {
    report(
      ["tokens", "kind"],
      `the names of dataPorts take ${bytes} bytes of a sealed token, 3 for each included; ${MAX_PORT_NAME_BYTES} at most`,
    );
  }
}
