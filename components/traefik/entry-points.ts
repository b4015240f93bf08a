import { type PortArgs, Protocol } from "../endpoint/index.ts";
import { invalid, together } from "../endpoint/invalid.ts";
import { whole } from "../endpoint/values.ts";

/** A run of port numbers, both ends included. */
export interface PortRangeArgs {
  /** First port, 1024 to 65535. */
  readonly from: number;
  /** Last port, `from` to 65535. */
  readonly to: number;
}

/** Port pools of a gateway. Plain data. */
export interface PortPools {
  readonly tcp: PortRangeArgs;
  readonly udp: PortRangeArgs;
}

/** The numbers that a gateway has when none are given. */
export const DEFAULT_POOLS: PortPools = {
  tcp: { from: 10_000, to: 10_099 },
  udp: { from: 11_000, to: 11_099 },
};

/**
 * Ports of a pool. Each is an argument of Traefik, a port of its pod and of its Service; Azure takes
 * 300 rules on a network interface, and other clouds fewer.
 */
export const MAX_POOL_PORTS = 500;

/** Ports that Traefik's chart opens by itself: web, websecure, its API, metrics. */
const CHART_PORTS: readonly number[] = [8000, 8443, 8080, 9100];

/** @throws InputPropertyError naming the property, the limit and the way out. */
export function checkPools({ tcp, udp }: PortPools): void {
  together(
    () => checkPool("tcpPorts", tcp, CHART_PORTS),
    () => checkPool("udpPorts", udp, []),
  );
}

function checkPool(property: string, { from, to }: PortRangeArgs, taken: readonly number[]): void {
  // Traefik runs without capabilities, so what is below 1024 can't be opened.
  together(
    () => whole(`${property}.from`, from, { min: 1024, max: 65_535 }),
    () => whole(`${property}.to`, to, { min: 1024, max: 65_535 }),
  );
  if (to < from) {
    invalid(property, `ends at ${to}, before it begins at ${from}`);
  }
  if (to - from >= MAX_POOL_PORTS) {
    invalid(
      property,
      `has ${to - from + 1} ports, and ${MAX_POOL_PORTS} is the limit: each is an argument of Traefik, and a rule of the load balancer`,
    );
  }
  const own = taken.find((port) => port >= from && port <= to);
  if (own !== undefined) {
    invalid(property, `contains ${own}, which Traefik itself listens on: leave it out of the pool`);
  }
}

/** Every number of a range. */
export const portsOf = ({ from, to }: PortRangeArgs): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

/**
 * Name of an entry point: `udp-11000`. At most 9 characters: the chart cuts names of ports at 15,
 * and two that begin alike would become one.
 */
export const entryPointName = (protocol: Protocol, port: number): string =>
  `${protocol.toLowerCase()}-${port}`;

/** Every port of the pools, as a load balancer takes them. */
export const poolPorts = ({ tcp, udp }: PortPools): PortArgs[] =>
  (
    [
      [Protocol.Tcp, tcp],
      [Protocol.Udp, udp],
    ] as const
  ).flatMap(([protocol, range]) =>
    portsOf(range).map((port) => ({ name: entryPointName(protocol, port), port, protocol })),
  );
