import { createHash } from "node:crypto";

/** The two tables: one a version of IP, as each has its own addresses. */
export const FAMILIES = ["ip", "ip6"] as const;
export type Family = (typeof FAMILIES)[number];

/** Name of both tables. */
export const TABLE = "udp_director";

/** What the rules depend on. */
export interface RulesetOptions {
  /**
   * Addresses that the director listens on. No rule has them; they tell its tables from those of
   * another director of this host with the same ports.
   */
  readonly listen: readonly string[];
  /** UDP data ports of the director. */
  readonly ports: readonly number[];
  /** Ports that sockets towards backends are bound to. */
  readonly sourcePorts: { readonly from: number; readonly to: number };
  /** First bytes of control packets. */
  readonly magic: Uint8Array;
  /** Seconds without a packet after which the kernel forgets a flow. */
  readonly idleSeconds: number;
  /** Seconds for which a flow counts as active after a packet. */
  readonly activeSeconds: number;
  /** Most flows at a time. */
  readonly maxFlows: number;
  /** Most banned sources at a time. */
  readonly maxBans: number;
  /** Packets that one source may send into its flows. Left out: any number. */
  readonly limit?: SourceLimit | undefined;
}

/** A bound on each source, which is an IPv4 address or an IPv6 /64. */
export interface SourceLimit {
  readonly packetsPerSecond: number;
  readonly burst: number;
  /** Networks without it. */
  readonly exempt: readonly string[];
  /** Sources that are remembered. */
  readonly maxSources: number;
}

/** Bytes of the magic that rules compare; a packet that only begins alike goes through userspace. */
const COMPARED_BYTES = 16;
/** Bytes of the magic that every packet is compared with: so many are read without a copy. */
export const GLANCED_BYTES = 4;
/** Epochs, which the last byte of a mark holds. 0 is none: a new flow is in no epoch yet. */
export const EPOCHS = 0xff;

/**
 * The rules that forward established flows inside the kernel, as `nft -f` takes them. What they do
 * with a packet:
 *
 * - from a client with a flow, or from the flow's backend: one look-up gives the zone that makes it
 *   a flow of its own for connection tracking. Its first packet is rewritten to backend and source
 *   port, and tracking follows that decision from then on. A session that moves gets another zone,
 *   so its next packet is another flow: nothing has to be flushed, and no old flow is in a new one's
 *   way;
 * - a control packet, or one of a client or backend without a flow: not tracked, so that it reaches
 *   the director's socket and leaves no trace that would bind later packets;
 * - the same, of a source that is banned: dropped, and counted. What is in a flow is not asked;
 * - from the director's own sockets: not tracked, for the same reason;
 * - of a flow that connection tracking remembers from before, as its mark shows, because client and
 *   zone are the same by chance: dropped, and told, so that the flow gets another zone.
 *
 * What is not the same for each packet is asked once: whether a packet is meant for this host when
 * its flow is made, and whether a flow is active and none of before once in an epoch, which is in
 * the flow's own mark. Every look-up at each packet costs 2 to 3 % of what a core can forward.
 *
 * The rules of an epoch are `epochRules`; before the first one nothing is counted.
 *
 * Source: nft(8), "CT STATEMENT" (zones, timeouts) and "MAPS".
 */
export function ruleset(family: Family, options: RulesetOptions): string {
  return `table ${family} ${TABLE} {
  chain ${stampOf(family, options)} { }
${rules(family, options)}}
`;
}

/** How the chain without rules begins whose name says what the others were made with. */
export const STAMP = "made_by_";

/** Name of that chain: equal for equal rules of equal versions of this program. */
export function stampOf(family: Family, options: RulesetOptions): string {
  const hash = createHash("sha256");
  hash.update(rules(family, options)).update(epochRules(family, 1));
  return STAMP + hash.update(options.listen.toSorted().join(" ")).digest("hex").slice(0, 16);
}

function rules(family: Family, options: RulesetOptions): string {
  const { ports, sourcePorts, magic, idleSeconds, activeSeconds, maxFlows, maxBans } = options;
  const address = family === "ip" ? "ipv4_addr" : "ipv6_addr";
  const begins = (bytes: number) => {
    const compared = magic.subarray(0, bytes);
    return `@th,64,${compared.length * 8} 0x${Buffer.from(compared).toString("hex")}`;
  };
  const limit = options.limit && limitRules(family, address, options.limit);
  const own = `${sourcePorts.from}-${sourcePorts.to}`;
  const banned = `${SOURCE[family]} @banned fib daddr type local counter name banned drop`;
  return `  ct timeout idle {
    protocol udp
    l3proto ${family}
    policy = { unreplied : ${idleSeconds}, replied : ${idleSeconds} }
  }
  set ports { type inet_service; elements = { ${ports.join(", ")} }; }
  map flows { typeof ${family} saddr . udp sport . udp dport : ct zone; size ${2 * maxFlows}; }
  map marks { type ${address} . inet_service . inet_service : mark; size ${maxFlows}; }
  map backends { type mark : ${address} . inet_service; size ${maxFlows}; }
  map sources { type mark : ${address} . inet_service; size ${maxFlows}; }
  set active { type mark; flags dynamic,timeout; timeout ${activeSeconds}s; size ${maxFlows}; }
  set fresh { type mark; flags dynamic,timeout; timeout 10s; size ${maxFlows}; }
  set stale { type mark; flags dynamic,timeout; timeout 10s; size ${maxFlows}; }
  set banned { type ${address}; flags timeout; size ${maxBans}; }
${limit?.sets ?? ""}  counter banned { }
  counter to_backend { }
  counter to_client { }
  chain control {
    udp dport @ports ${begins(COMPARED_BYTES)} ${banned}
    udp dport @ports ${begins(COMPARED_BYTES)} fib daddr type local notrack accept
  }
  chain incoming {
    type filter hook prerouting priority raw; policy accept;
    meta l4proto != udp accept
    ${begins(GLANCED_BYTES)} jump control
    ct zone set ${family} saddr . th sport . th dport map @flows accept
    iif "lo" accept
    udp dport @ports ${banned}
    udp dport @ports fib daddr type local notrack
    udp dport ${own} fib daddr type local notrack
  }
  chain outgoing {
    type filter hook output priority raw; policy accept;
    udp sport @ports notrack
    udp sport ${own} notrack
  }
  chain to_backend_address {
    type nat hook prerouting priority dstnat; policy accept;
    ct zone != 0 udp dport @ports fib daddr type local meta mark set ${family} saddr . udp sport . udp dport map @marks ct mark set meta mark ct timeout set "idle" dnat ${family} to meta mark map @backends
  }
  chain from_own_port {
    type nat hook postrouting priority srcnat; policy accept;
    meta l4proto udp ct zone != 0 ct status dnat update @fresh { meta mark } snat ${family} to meta mark map @sources
  }
  chain counted {
    ct direction reply counter name to_client accept
${limit?.rule ?? ""}    counter name to_backend accept
  }
  chain first_in_epoch {
    ct mark and ${MARK_BITS} != @backends goto of_before
    update @active { ct mark and ${MARK_BITS} }
  }
  chain of_before {
    meta mark set ${family} saddr . udp sport . ct original proto-dst map @marks update @stale { meta mark }
    drop
  }
  chain passing {
    type filter hook forward priority filter; policy accept;
  }
`;
}

/** Whom limits and bans are about: an IPv4 address or an IPv6 /64. */
const SOURCE: Readonly<Record<Family, string>> = {
  ip: "ip saddr",
  ip6: "ip6 saddr & ffff:ffff:ffff:ffff::",
};

const MARK_BITS = "0xffffff00";

/**
 * Begins another epoch, 1 to EPOCHS: the next packet of each flow tells that it is active. A line
 * of `nft -i`, one transaction.
 */
export function epochRules(family: Family, epoch: number): string {
  const ours = "meta l4proto udp ct zone != 0 ct status dnat";
  const passing = `${family} ${TABLE} passing`;
  return [
    `flush chain ${passing}`,
    `add rule ${passing} ct mark and ${EPOCHS} == ${epoch} jump counted`,
    `add rule ${passing} ${ours} jump first_in_epoch`,
    `add rule ${passing} ${ours} ct mark set ct mark and ${MARK_BITS} or ${epoch} jump counted`,
  ].join("; ");
}

/** Seconds for which a source without packets is remembered. */
const QUIET_SECONDS = 60;

function limitRules(family: Family, address: string, limit: SourceLimit) {
  const { packetsPerSecond, burst, exempt, maxSources } = limit;
  const own = exempt.filter((network) => network.includes(":") === (family === "ip6"));
  const elements = own.length === 0 ? "" : ` elements = { ${own.join(", ")} };`;
  return {
    sets: `  set exempt { type ${address}; flags interval; auto-merge;${elements} }
  set rates { type ${address}; flags dynamic,timeout; timeout ${QUIET_SECONDS}s; size ${maxSources}; }
  counter limited { }
`,
    rule: `    ${family} saddr != @exempt update @rates { ${SOURCE[family]} limit rate over ${packetsPerSecond}/second burst ${burst} packets } counter name limited drop
`,
  };
}

/** Rules that take a table away, whether or not it is there. */
export const removal = (family: Family): string =>
  `add table ${family} ${TABLE}; delete table ${family} ${TABLE}`;
