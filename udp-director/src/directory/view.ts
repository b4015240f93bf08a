import type { Health } from "./health.ts";
import type { DirectoryEndpoint } from "./schema.ts";
import type { EndpointView } from "./shapes.ts";

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
