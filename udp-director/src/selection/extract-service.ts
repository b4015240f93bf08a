import { ipAddress } from "../config/fields.ts";
import type { ResourceMapping } from "../config/schema.ts";
import { queryErrors } from "../protocol/query-errors.ts";
import { makeTarget } from "../sessions/target.ts";
import type { Extraction } from "./extract.ts";
import { proxyProtocolOf } from "./proxy-protocol.ts";
import type { Resource } from "./resource.ts";

const IP_ADDRESS = ipAddress();

/** Where service mode finds Services; a discovery without any has none. */
export interface ServiceSource {
  serviceWithLabel?(namespace: string, label: string, value: string): Resource | undefined;
}

/** A mapping that reads address and port from a Service: `addressPath` would win. */
export function isServiceMode(mapping: ResourceMapping): boolean {
  return mapping.addressPath === undefined && mapping.serviceSelectorLabel !== undefined;
}

/** A service mode mapping whose backends are the Service's endpoints, not its cluster IP. */
export function isEndpointMode(mapping: ResourceMapping | undefined): mapping is ResourceMapping {
  return mapping?.serviceEndpoints === "endpoints" && isServiceMode(mapping);
}

type Port = { readonly name?: unknown; readonly port?: unknown };

/** Address and listed ports of a backend in service mode, or why there are none. */
type Found =
  | {
      readonly ok: true;
      readonly address: unknown;
      readonly ports: unknown;
      readonly unaddressed: string;
    }
  | { readonly ok: false; readonly error: string };

function lookUp(resource: Resource, mapping: ResourceMapping, source: ServiceSource): Found {
  const { namespace, name } = resource.metadata;
  const { endpoint } = resource;
  if (endpoint !== undefined) {
    const { address, ports } = endpoint;
    return { ok: true, address, ports, unaddressed: `endpoint ${name} has no address` };
  }
  const service = source.serviceWithLabel?.(namespace, mapping.serviceSelectorLabel ?? "", name);
  if (service === undefined) return { ok: false, error: queryErrors.noService(name) };
  const { clusterIP: address, ports } = service.spec ?? {};
  const unaddressed = `service ${service.metadata.name} has no cluster IP`;
  return { ok: true, address, ports, unaddressed };
}

/**
 * Address and port of the Service that belongs to a resource: the first in its namespace whose
 * label `serviceSelectorLabel` is the resource's name; its cluster IP, and its port of the name
 * `serviceTargetPortName`, which serves every data port. A resource that stands for an endpoint
 * has that one's address and port. Source: the published director, service mode.
 */
export function extractServiceTarget(
  resource: Resource,
  mapping: ResourceMapping,
  resourceType: string,
  dataPorts: readonly string[],
  source: ServiceSource,
): Extraction {
  const found = lookUp(resource, mapping, source);
  if (!found.ok) return found;
  const { address } = found;
  if (typeof address !== "string" || !IP_ADDRESS.safeParse(address).success) {
    return { ok: false, error: queryErrors.address(found.unaddressed) };
  }
  const listed: readonly Port[] = Array.isArray(found.ports) ? found.ports : [];
  const { serviceTargetPortName: wanted } = mapping;
  const number = listed.find((one) => one?.name === wanted)?.port;
  if (typeof number !== "number") {
    return { ok: false, error: queryErrors.port(`no port named ${wanted}`) };
  }
  const { namespace, name } = resource.metadata;
  const ports = dataPorts.map((dataPort) => [dataPort, number] as const);
  return {
    ok: true,
    target: makeTarget(
      address,
      ports,
      `${resourceType}/${namespace}/${name}`,
      proxyProtocolOf(resource, mapping),
    ),
    multiPort: false,
  };
}
