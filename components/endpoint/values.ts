import { invalid } from "./invalid.ts";

/** The least and the greatest number that is allowed. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/**
 * Refuses what is not a whole number within the range.
 *
 * @param unit Of the number, where its name does not tell: `seconds`.
 * @throws InputPropertyError naming the property.
 */
export function whole(path: string, value: number, { min, max }: Range, unit?: string): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    const what = unit === undefined ? "a whole number" : `a whole number of ${unit}`;
    invalid(path, `${value} is not ${what} from ${min} to ${max}`);
  }
  return value;
}

/**
 * Refuses what is none of the choices.
 *
 * @param choices An `as const` object, or a list.
 * @throws InputPropertyError naming the property and the choices.
 */
export function oneOf<T extends string>(
  path: string,
  value: T,
  choices: readonly T[] | Readonly<Record<string, T>>,
): T {
  const known = Object.values(choices);
  if (!known.includes(value)) {
    const last = known.length > 1 ? ` or ${known.at(-1)}` : "";
    const first = known.slice(0, last === "" ? undefined : -1).join(", ");
    invalid(path, `"${value}" is not known: ${first}${last}`);
  }
  return value;
}
