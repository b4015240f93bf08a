import type { Health } from "./health.ts";
import type { DirectoryEndpoint } from "./schema.ts";

/** An endpoint as the directory answers it. */
export interface EndpointView {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly hostname?: string;
  readonly ports: DirectoryEndpoint["ports"];
  /** `UDP` or `TCP` when all ports agree, else `MIXED`. */
  readonly protocol: "UDP" | "TCP" | "MIXED";
  readonly region?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Null: not polled, or not yet. */
  readonly healthy: Health;
  /** Seconds for which the answer may be kept. */
  readonly ttl: number;
}

/** Builds the answer for one endpoint. */
export function endpointView(
  endpoint: DirectoryEndpoint,
  healthy: Health,
  defaultTtl: number,
): EndpointView {
  const { name, addresses, hostname, ports, region, labels, ttlSeconds } = endpoint;
  const [first, ...others] = new Set(ports.map((one) => one.protocol));
  return {
    name,
    addresses,
    ...(hostname === undefined ? {} : { hostname }),
    ports,
    protocol: first === undefined || others.length > 0 ? "MIXED" : first,
    ...(region === undefined ? {} : { region }),
    ...(labels === undefined ? {} : { labels }),
    healthy,
    ttl: ttlSeconds ?? defaultTtl,
  };
}
