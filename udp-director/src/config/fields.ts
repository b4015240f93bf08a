import { z } from "zod";

/** Small zod building blocks whose messages say what is wrong and what is allowed. */

/** The value as a person would type it, shortened; for messages. */
export function show(value: unknown): string {
  const text = value === undefined ? "nothing" : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** The message of a wrong or missing value. */
export function wrong(expected: string) {
  return (issue: { readonly input?: unknown }): string =>
    issue.input === undefined
      ? `missing; expected ${expected}`
      : `${show(issue.input)} is not allowed; expected ${expected}`;
}

/** A strict object: an unknown key is a mistake that lists the keys that exist. */
export function object<Shape extends z.ZodRawShape>(shape: Shape) {
  const keys = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `unknown key; allowed: ${keys}`
        : wrong(`an object with: ${keys}`)(issue),
  });
}

/** A whole number in a closed range. */
export function whole(min: number, max: number, unit = "a whole number") {
  const error = wrong(`${unit} ${min}..${max}`);
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** A port number that can be bound or sent to. */
export const port = () => whole(1, 65535, "a port");

/** Text with at least one character. */
export function text(expected: string) {
  const error = wrong(expected);
  return z.string({ error }).min(1, { error });
}

/** One of a fixed set of words. */
export function oneOf<const T extends readonly [string, ...string[]]>(words: T) {
  return z.enum(words, { error: wrong(words.join(" or ")) });
}

/** An IP address literal, v4 or v6, without brackets or zone. */
export const ipAddress = () =>
  z.union([z.ipv4(), z.ipv6()], { error: wrong("an IPv4 or IPv6 address") });

const HOST =
  /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*\.?$/;

/** An IP address or a DNS name (RFC 1123 labels, 253 characters at most). */
export const ipOrName = () => {
  const error = wrong("an IP address or a DNS name");
  const name = z
    .string()
    .max(253)
    .regex(HOST)
    .refine((value) => !/^[\d.]+$/.test(value));
  return z.union([z.ipv4(), z.ipv6(), name], { error });
};

/** A map of text to text, as labels are. Numbers and booleans must be quoted in YAML. */
export function textMap(what: string) {
  return z.record(z.string(), z.string({ error: wrong("text (quote it in YAML)") }), {
    error: wrong(`a map of ${what}`),
  });
}

/** A list of at least one item. */
export function listOf<T extends z.ZodType>(item: T, what: string) {
  const error = wrong(`a list of at least one ${what}`);
  return z.array(item, { error }).min(1, { error });
}
