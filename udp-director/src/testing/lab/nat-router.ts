import type { LabHost } from "./lab.ts";

/** The four kinds of RFC 3489, and a router that only forwards. */
export const NAT_KINDS = [
  "none",
  "full cone",
  "restricted cone",
  "port restricted cone",
  "symmetric",
] as const;
export type LabNatKind = (typeof NAT_KINDS)[number];

export interface NatRouterOptions {
  readonly kind: LabNatKind;
  /** Devices of the router. */
  readonly inside: string;
  readonly outside: string;
  /** Address that clients come from. */
  readonly address: string;
  /** Network behind it. */
  readonly network: string;
  /** Seconds that a mapping lives without packets. */
  readonly lifetimeSeconds: number;
  /** Clients reach each other by their mapped addresses. */
  readonly hairpinning?: boolean;
}

/**
 * nftables' rules of a NAT. Connection tracking alone is a port restricted one, as it keeps ports
 * and lets in answers only; `fully-random` gives each destination a mapping of its own. The other
 * two remember who sent from which port, and let in more.
 */
function natRules(options: NatRouterOptions): string {
  const { kind, inside, outside, address, network, lifetimeSeconds, hairpinning } = options;
  const remembered = `flags dynamic,timeout; timeout ${lifetimeSeconds}s; size 1024;`;
  const lets = {
    none: "",
    symmetric: "",
    "port restricted cone": "",
    "restricted cone": `iifname ${outside} ip daddr ${address} udp dport . ip saddr @contacted dnat to udp dport map @mapped`,
    "full cone": `iifname ${outside} ip daddr ${address} dnat to udp dport map @mapped`,
  }[kind];
  const port = kind === "symmetric" ? " fully-random" : "";
  return `table ip lab_nat
delete table ip lab_nat
table ip lab_nat {
  map mapped { type inet_service : ipv4_addr; ${remembered} }
  set contacted { type inet_service . ipv4_addr; ${remembered} }
  chain remember {
    type filter hook forward priority 0;
    iifname ${inside} oifname ${outside} update @mapped { udp sport : ip saddr }
    iifname ${inside} oifname ${outside} update @contacted { udp sport . ip daddr }
  }
  chain unasked {
    type filter hook input priority 0;
    meta l4proto udp ip daddr ${address} drop
  }
  chain before {
    type nat hook prerouting priority dstnat;
    ${lets}
    ${hairpinning ? `iifname ${inside} ip daddr ${address} dnat to udp dport map @mapped` : ""}
  }
  chain after {
    type nat hook postrouting priority srcnat;
    oifname ${outside} snat to ${address}${port}
    ${hairpinning ? `oifname ${inside} ip saddr ${network} snat to ${address}` : ""}
  }
}
`;
}

/** Makes a host the router of a NAT, or another one; what it remembered is gone then. */
export async function natRouter(host: LabHost, options: NatRouterOptions): Promise<void> {
  const { kind, lifetimeSeconds } = options;
  await host.run("sysctl", "-qw", "net.ipv4.ip_forward=1");
  const rules = kind === "none" ? "flush ruleset" : natRules(options);
  await host.run("sh", "-c", `printf '%s' "$1" | nft -f -`, "sh", rules);
  if (kind === "none") return;
  for (const name of ["udp_timeout", "udp_timeout_stream"]) {
    await host.run("sysctl", "-qw", `net.netfilter.nf_conntrack_${name}=${lifetimeSeconds}`);
  }
  await host.run("conntrack", "--flush");
}
