import type { Graph } from "./model.ts";
import { CLIENTS, clientWays, portLabel, ZONES } from "./view.ts";

const quoted = (text: string): string => `"${text.replaceAll('"', "#quot;")}"`;

/** A graph as a Mermaid flowchart, which code hosts draw in pull requests. */
export function mermaid(graph: Graph): string {
  const { parts, ways } = graph;
  const ids = new Map(parts.map(({ id }, index) => [id, `n${index}`]));
  const lines = ["flowchart LR", `  ${CLIENTS}([${CLIENTS}])`];
  for (const [zone, title] of Object.entries(ZONES)) {
    const inside = parts.filter((part) => part.zone === zone);
    if (inside.length > 0) {
      lines.push(`  subgraph ${zone}[${quoted(title)}]`);
      lines.push(...inside.map(({ id, label }) => `    ${ids.get(id)}[${quoted(label)}]`), "  end");
    }
  }
  for (const { to, kind, ports } of clientWays(graph)) {
    const line = kind === "name" ? `-. ${ports.join()} .->` : "-->";
    lines.push(`  ${CLIENTS} ${line} ${ids.get(to)}`);
  }
  for (const way of ways) {
    const label = portLabel(way);
    const line = way.kind === "name" ? "-.->" : label === "" ? "-->" : `-- ${quoted(label)} -->`;
    lines.push(`  ${ids.get(way.from)} ${line} ${ids.get(way.to)}`);
  }
  return `${lines.join("\n")}\n`;
}
