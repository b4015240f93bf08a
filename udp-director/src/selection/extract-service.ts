import { ipAddress } from "../config/fields.ts";
import type { ResourceMapping } from "../config/schema.ts";
import { queryErrors } from "../protocol/query-errors.ts";
import { makeTarget } from "../sessions/target.ts";
import type { Extraction } from "./extract.ts";
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

type Port = { readonly name?: unknown; readonly port?: unknown };

/**
 * Address and port of the Service that belongs to a resource: the first in its namespace whose
 * label `serviceSelectorLabel` is the resource's name; its cluster IP, and its port of the name
 * `serviceTargetPortName`, which serves every data port. Source: the published director, service mode.
 */
export function extractServiceTarget(
  resource: Resource,
  mapping: ResourceMapping,
  resourceType: string,
  dataPorts: readonly string[],
  source: ServiceSource,
): Extraction {
  const { namespace, name } = resource.metadata;
  const { serviceSelectorLabel: label = "", serviceTargetPortName: wanted } = mapping;
  const service = source.serviceWithLabel?.(namespace, label, name);
  if (service === undefined) return { ok: false, error: queryErrors.noService(name) };
  const { clusterIP, ports } = service.spec ?? {};
  if (typeof clusterIP !== "string" || !IP_ADDRESS.safeParse(clusterIP).success) {
    const why = `service ${service.metadata.name} has no cluster IP`;
    return { ok: false, error: queryErrors.address(why) };
  }
  const listed: readonly Port[] = Array.isArray(ports) ? ports : [];
  const number = listed.find((one) => one?.name === wanted)?.port;
  if (typeof number !== "number") {
    return { ok: false, error: queryErrors.port(`no port named ${wanted}`) };
  }
  const resourceName = `${resourceType}/${namespace}/${name}`;
  const target = makeTarget(
    clusterIP,
    dataPorts.map((dataPort) => [dataPort, number] as const),
    resourceName,
  );
  return { ok: true, target, multiPort: false };
}
