// Graphviz itself, compiled to WebAssembly: it lays out nested frames without a browser.
import { Graphviz } from "@hpcc-js/wasm-graphviz";
import type { Graph } from "./model.ts";
import { CLIENTS, clientWays, portLabel, ZONES } from "./view.ts";

/** Fill and line of what is inside a zone. */
const COLOURS = {
  names: { fill: "#eef3fb", line: "#5b7db1" },
  public: { fill: "#fdf1e3", line: "#c07a2c" },
  private: { fill: "#eaf5ec", line: "#4c8a57" },
} as const;

const quoted = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

/** A graph as an SVG picture: a frame for each trust boundary, names dashed, packets with ports. */
export async function svg(title: string, graph: Graph): Promise<string> {
  return (await Graphviz.load()).layout(dot(title, graph), "svg", "dot");
}

/** A graph in Graphviz's language (https://graphviz.org/doc/info/lang.html). */
export function dot(title: string, graph: Graph): string {
  const { parts, ways } = graph;
  const ids = new Map([[CLIENTS, CLIENTS], ...parts.map(({ id }, n) => [id, `n${n}`] as const)]);
  const lines = [
    `digraph ${quoted(title)} {`,
    '  rankdir=LR; nodesep=0.35; ranksep=0.9; fontname="Helvetica"; fontsize=12; labeljust=l;',
    '  node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=11, margin="0.3,0.1"];',
    '  edge [fontname="Helvetica", fontsize=10, color="#555555"];',
    `  ${CLIENTS} [shape=ellipse, fillcolor="#ffffff"];`,
  ];
  for (const [zone, text] of Object.entries(ZONES) as [keyof typeof ZONES, string][]) {
    const inside = parts.filter((part) => part.zone === zone);
    if (inside.length > 0) {
      const { fill, line } = COLOURS[zone];
      lines.push(
        `  subgraph cluster_${zone} {`,
        `    label=${quoted(text)}; style="rounded,dashed"; color="${line}"; fontcolor="${line}"; margin=16;`,
        ...inside.map(
          ({ id, label }) =>
            `    ${ids.get(id)} [label=${quoted(label)}, fillcolor="${fill}", color="${line}"];`,
        ),
        "  }",
      );
    }
  }
  for (const way of [...clientWays(graph), ...ways]) {
    const look = way.kind === "name" ? ", style=dashed" : "";
    lines.push(
      `  ${ids.get(way.from)} -> ${ids.get(way.to)} [label=${quoted(portLabel(way))}${look}];`,
    );
  }
  return `${[...lines, "}"].join("\n")}\n`;
}
