import type { ResourceMapping } from "../config/schema.ts";
import type { ProxyProtocol } from "../sessions/target.ts";
import type { Resource } from "./resource.ts";

/** Annotation of a backend that overrides its mapping: `v2` or `off`. */
export const PROXY_PROTOCOL_KEY = "udp-director.io/proxy-protocol";

/** Whether a backend wants to be told its clients by PROXY protocol, and how often over UDP. */
export function proxyProtocolOf(
  resource: Resource,
  mapping: Pick<ResourceMapping, "proxyProtocol" | "proxyProtocolUdp">,
): ProxyProtocol | undefined {
  const own = resource.metadata.annotations[PROXY_PROTOCOL_KEY];
  const wanted = own === "v2" || own === "off" ? own : mapping.proxyProtocol;
  return wanted === "v2" ? (mapping.proxyProtocolUdp ?? "every") : undefined;
}
