/** Bounds of a number; each may be left out. */
export interface NumberRange {
  readonly above?: number | undefined;
  readonly atLeast?: number | undefined;
  readonly below?: number | undefined;
  readonly atMost?: number | undefined;
}

export const RANGE_KEYS = ["above", "atLeast", "below", "atMost"] as const;

/** A decimal number, as labels and annotations hold numbers. */
const DECIMAL = /^-?\d{1,15}(?:\.\d{1,15})?$/;

/** True for a number, or the text of one, within all bounds. Anything else is in no range. */
export function isInRange(value: unknown, range: NumberRange): boolean {
  const number = typeof value === "string" && DECIMAL.test(value) ? Number(value) : value;
  if (typeof number !== "number") return false;
  const { above, atLeast, below, atMost } = range;
  return (
    (above === undefined || number > above) &&
    (atLeast === undefined || number >= atLeast) &&
    (below === undefined || number < below) &&
    (atMost === undefined || number <= atMost)
  );
}
