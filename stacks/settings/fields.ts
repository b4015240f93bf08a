import { z } from "zod";
import { DNS_LABEL } from "../../components/endpoint/host-name.ts";

/** Small zod building blocks whose messages say what is wrong and what is allowed. */

/** The value as a person would type it, shortened; for messages. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** A message for zod: `is missing: …` or `… is not allowed: …`. */
export function expected(what: string) {
  return (issue: { readonly input?: unknown }): string =>
    issue.input === undefined
      ? `is missing: give ${what}`
      : `${show(issue.input)} is not allowed: give ${what}`;
}

/** A strict object: an unknown key is a mistake that lists the keys that exist. */
export function block<Shape extends z.ZodRawShape>(shape: Shape) {
  const keys = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `is not known: allowed here are ${keys}`
        : expected(`a map with ${keys}`)(issue),
  });
}

/** A whole number in a closed range. */
export function whole(min: number, max: number, what: string) {
  const error = expected(`${what}, a whole number from ${min} to ${max}`);
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** A port number. */
export const portNumber = () => whole(1, 65_535, "a port");

/** Text of at least one character. */
export function text(what: string) {
  const error = expected(what);
  return z.string({ error }).min(1, { error });
}

/** Text that matches a pattern. */
export function pattern(regex: RegExp, what: string) {
  const error = expected(what);
  return z.string({ error }).regex(regex, { error });
}

/** Name of a namespace, which Kubernetes takes as a label of RFC 1123. */
export const namespaceName = () => pattern(DNS_LABEL, "a Kubernetes namespace");

/** Name of something in a cluster, which other names are made from. */
export const objectName = () =>
  pattern(/^[a-z]([a-z0-9-]{0,39}[a-z0-9])?$/, "a name of at most 41 of a-z, 0-9 and hyphens");

/** One of a fixed set of words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: expected(words.join(" or ")) });
}

/** `true` or `false`. */
export const flag = () => z.boolean({ error: expected("true or false") });

/** An IPv4 or IPv6 address. */
export const ipAddress = () =>
  z.union([z.ipv4(), z.ipv6()], { error: expected("an IPv4 or IPv6 address") });

/** A map of text to text, as labels and tags are. */
export function textMap(what: string) {
  return z.record(z.string(), z.string({ error: expected("text (quote it in YAML)") }), {
    error: expected(`a map of ${what}`),
  });
}

/** A list of at least one item. */
export function listOf<Item extends z.ZodType>(item: Item, what: string) {
  const error = expected(`a list of at least one ${what}`);
  return z.array(item, { error }).min(1, { error });
}
