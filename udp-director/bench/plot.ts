import type { Report } from "./report.ts";
import { spread } from "./spread.ts";

const BAR = 22;
const LEFT = 190;
const WIDTH = 720;

const escaped = (text: string) => text.replace(/[&<>"]/g, (found) => `&#${found.charCodeAt(0)};`);

/** Packets a second of the first case as bars, with the spread of the rounds. */
export function svg({ compared }: Report): string {
  const [first] = compared.cases;
  const bars = compared.paths.flatMap((path) => {
    const rounds = path.results[first?.name ?? ""] ?? [];
    const found = spread(rounds.map(({ packetsPerSecond }) => packetsPerSecond));
    return found ? [{ name: path.name, ...found }] : [];
  });
  const most = Math.max(1, ...bars.map((bar) => bar.most));
  const x = (value: number) => LEFT + (value / most) * (WIDTH - LEFT - 70);
  const lines = bars.map(({ name, median, least, most: top }, n) => {
    const y = 40 + n * BAR;
    const middle = y + BAR / 2 - 3;
    const colour = name.startsWith("director") ? "#2f6fde" : n === 0 ? "#888" : "#b9c3d3";
    return [
      `<text x="${LEFT - 8}" y="${middle + 4}" text-anchor="end">${escaped(name)}</text>`,
      `<rect x="${LEFT}" y="${y}" width="${(x(median) - LEFT).toFixed(1)}" height="${BAR - 6}" fill="${colour}"/>`,
      `<path d="M${x(least).toFixed(1)} ${middle}H${x(top).toFixed(1)}" stroke="#222"/>`,
      `<text x="${(x(top) + 6).toFixed(1)}" y="${middle + 4}">${Math.round(median / 1000)}k</text>`,
    ].join("");
  });
  const height = 52 + bars.length * BAR;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">
<title>Packets a second by path</title>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="${LEFT}" y="22" font-size="14">Packets a second there and back, ${first?.size ?? 0} B, ${first?.sessions ?? 0} sessions</text>
${lines.join("\n")}
</svg>
`;
}
