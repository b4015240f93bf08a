import { z } from "zod";
import { object, oneOf, port, whole, wrong } from "./fields.ts";

/** The configuration block `portRanges`. */

/** Every port is bound at the start: more than this is a mistake in a number. */
export const MAX_RANGE_PORTS = 1000;

/**
 * Longest name of a range. In Kubernetes each port of it has a name of its own, the range's with
 * the number and `t` for TCP (`legacy-31000t`), and a port's name has at most 15 characters
 * (RFC 6335 section 5.1).
 */
const MAX_RANGE_NAME = 15 - "-65535t".length;

const nameError = wrong(
  `a name of 1 to ${MAX_RANGE_NAME} of a-z, 0-9 and single inner hyphens, with a letter`,
);

/** Name of a port range. */
export const rangeName = z
  .string({ error: nameError })
  .max(MAX_RANGE_NAME, { error: nameError })
  .regex(/^(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/, { error: nameError });

const portRange = object({
  name: rangeName.describe(
    "What queries ask for, at most 8 of `a-z 0-9 -`; joined to ports[].name like a data port's",
  ),
  protocol: oneOf(["udp", "tcp", "both"]).default("both").describe("`udp`, `tcp` or `both`"),
  from: port().describe("First port of the director"),
  to: port().describe("Last one, which belongs to the range"),
  leaseSeconds: whole(1, 604_800, "seconds")
    .default(300)
    .describe("Seconds after which a port without sessions is free again"),
});

export const portRangesSchema = z
  .array(portRange, { error: "expected a list of port ranges" })
  .default([])
  .describe("Ports that are given to backends, for clients that know nothing of tokens");

/** One port range of the director. */
export type PortRangeConfig = z.output<typeof portRangesSchema>[number];

type Loose = { readonly [key: string]: unknown };
type Report = (path: (string | number)[], message: string) => void;

const isNumber = (value: unknown): value is number => typeof value === "number";

/**
 * Rules of the ranges among themselves and beside other ports, `taken` by protocol and number to
 * the key that has them; returns the names. Trusts no shape.
 */
export function checkPortRanges(
  ranges: readonly Loose[],
  taken: ReadonlyMap<string, string>,
  names: ReadonlySet<unknown>,
  store: unknown,
  report: Report,
): unknown[] {
  const seen = new Set(names);
  const all = new Map(taken);
  for (const [index, range] of ranges.entries()) {
    const path = ["portRanges", index];
    const { name, from, to, protocol = "both" } = range;
    if (seen.has(name)) {
      report([...path, "name"], "this name is used twice; ranges and data ports need their own");
    }
    seen.add(name);
    if (!isNumber(from) || !isNumber(to)) continue;
    if (to < from || to - from >= MAX_RANGE_PORTS) {
      report([...path, "to"], `expected ${from} to ${from + MAX_RANGE_PORTS - 1}`);
      continue;
    }
    const kinds = protocol === "both" ? ["udp", "tcp"] : [String(protocol)];
    for (const [number, key] of all) {
      const [kind = "", digits] = number.split(" ");
      const one = Number(digits);
      if (!kinds.includes(kind) || one < from || one > to) continue;
      report([...path, "from"], `the range holds ${kind.toUpperCase()} ${one} of ${key}`);
      break;
    }
    for (let one = from; one <= to; one++) {
      for (const kind of kinds) all.set(`${kind} ${one}`, `portRanges[${index}]`);
    }
  }
  if (ranges.length > 0 && store === "redis") {
    report(["portRanges"], "ports are given by one director; use store.kind memory or journal");
  }
  return [...seen].filter((name) => !names.has(name));
}
