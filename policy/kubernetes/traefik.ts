import type { ResourceRule } from "../rule.ts";
import { at, isMissing, listOf } from "../values.ts";

export const traefikEntryPoints: ResourceRule = {
  name: "udp-traefik-entry-points",
  level: "mandatory",
  levelReason: "without entry points the route takes the packets of every other UDP port",
  trap: 31,
  refuses: "A Traefik IngressRouteUDP names no entry points.",
  wayOut: "Set `entryPoints` to the UDP entry points that the route is for.",
  types: /^kubernetes:traefik\.(io|containo\.us)\/v\w+:IngressRouteUDP$/,
  faults: ({ props }) => {
    const entryPoints = at(props, "spec.entryPoints");
    return isMissing(entryPoints) ||
      (Array.isArray(entryPoints) && listOf(entryPoints).length === 0)
      ? ["it listens on all UDP entry points"]
      : [];
  },
};
