/** One tree of values over another, maps joined, anything else replaced; keys sorted. */
export function merged(
  under: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const keys = [...new Set([...Object.keys(under), ...Object.keys(over)])].sort();
  return Object.fromEntries(
    keys.map((key) => {
      const [low, high] = [under[key], over[key]];
      return [key, isMap(low) && isMap(high) ? merged(low, high) : high === undefined ? low : high];
    }),
  );
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
