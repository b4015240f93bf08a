import type { Graph, Zone } from "./model.ts";

const ZONES: Readonly<Record<Zone, string>> = {
  names: "DNS, everybody may ask",
  public: "public, everybody may send",
  private: "private, behind the load balancer",
};

const quoted = (text: string): string => `"${text.replaceAll('"', "#quot;")}"`;

/** A graph as a Mermaid flowchart, which code hosts draw in pull requests. */
export function mermaid({ parts, ways }: Graph): string {
  const ids = new Map(parts.map(({ id }, index) => [id, `n${index}`]));
  const lines = ["flowchart LR", "  clients([clients])"];
  for (const [zone, title] of Object.entries(ZONES)) {
    const inside = parts.filter((part) => part.zone === zone);
    if (inside.length > 0) {
      lines.push(`  subgraph ${zone}[${quoted(title)}]`);
      lines.push(...inside.map(({ id, label }) => `    ${ids.get(id)}[${quoted(label)}]`), "  end");
    }
  }
  const reached = new Set(ways.filter(({ kind }) => kind === "packets").map(({ to }) => to));
  for (const { id, zone } of parts) {
    if (zone === "names") {
      lines.push(`  clients -. ask .-> ${ids.get(id)}`);
    } else if (zone === "public" && !reached.has(id)) {
      lines.push(`  clients --> ${ids.get(id)}`);
    }
  }
  for (const { from, to, kind, ports } of ways) {
    const label = ports.length > 4 ? `${ports.length} ports` : ports.join(", ");
    const line = kind === "name" ? "-.->" : label === "" ? "-->" : `-- ${quoted(label)} -->`;
    lines.push(`  ${ids.get(from)} ${line} ${ids.get(to)}`);
  }
  return `${lines.join("\n")}\n`;
}
