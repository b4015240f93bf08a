import type { Graph, Way, Zone } from "./model.ts";

/** What a zone's frame says: the boundary that packets cross to get in. */
export const ZONES: Readonly<Record<Zone, string>> = {
  names: "DNS, everybody may ask",
  public: "public, everybody may send",
  private: "private, behind the load balancer",
};

/** Who the packets come from; no part of the stack. */
export const CLIENTS = "clients";

/** From the clients to each name, and to each public part that nothing of the stack leads to. */
export function clientWays({ parts, ways }: Graph): readonly Way[] {
  const reached = new Set(ways.filter(({ kind }) => kind === "packets").map(({ to }) => to));
  return parts.flatMap(({ id, zone }): Way[] => {
    if (zone === "names") {
      return [{ from: CLIENTS, to: id, kind: "name", ports: ["ask"] }];
    }
    return zone === "public" && !reached.has(id)
      ? [{ from: CLIENTS, to: id, kind: "packets", ports: [] }]
      : [];
  });
}

/** What stands at a way: its ports, or how many they are. */
export function portLabel({ ports }: Way): string {
  return ports.length > 4 ? `${ports.length} ports` : ports.join(", ");
}
