import type { Estimate } from "./estimate.ts";

const money = (usd: number | undefined): string => (usd === undefined ? "unknown" : usd.toFixed(2));

/** An estimate as text: lines, sum, and what is not in it. */
export function costTable(stack: string, { lines, monthlyUsd, usage }: Estimate): string {
  const rows = [
    ["resource", "what", "USD a month"],
    ...lines.map(({ name, what, monthlyUsd: one }) => [name, what, money(one)]),
    [`sum of ${stack}`, "list prices, always on", money(monthlyUsd)],
  ];
  const widths = [0, 1, 2].map((column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const text = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 2 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  "),
  );
  const unknown = lines.filter((line) => line.monthlyUsd === undefined).length;
  return [
    ...text,
    "",
    ...(unknown === 0
      ? []
      : [`Not in the sum: ${unknown} ${unknown === 1 ? "line" : "lines"} without a known price.`]),
    ...usage.map((one) => `On top, by use: USD ${one}`),
    "Prices: scripts/cost/prices.ts, each with its source and date; regions, contracts and taxes differ.",
    "",
  ].join("\n");
}
