import { ipAddress } from "../config/fields.ts";
import type { ResourceMapping } from "../config/schema.ts";
import { queryErrors } from "../protocol/query-errors.ts";
import { type BackendTarget, makeTarget } from "../sessions/target.ts";
import { firstAt } from "./path.ts";
import { proxyProtocolOf } from "./proxy-protocol.ts";
import type { Resource } from "./resource.ts";

/** A target, or the error text of the query port. */
export type Extraction =
  | { readonly ok: true; readonly target: BackendTarget; readonly multiPort: boolean }
  | { readonly ok: false; readonly error: string };

const IP_ADDRESS = ipAddress();

type Found<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; why: string };

const fields = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
const items = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function findAddress(resource: Resource, mapping: ResourceMapping): Found<string> {
  const { addressPath = "", addressType } = mapping;
  let value = firstAt(resource, addressPath);
  if (addressType !== undefined) {
    const entry = items(value).find((item) => fields(item).type === addressType);
    if (entry === undefined) {
      return { ok: false, why: `no entry of type ${addressType} at ${addressPath}` };
    }
    value = fields(entry).address;
  }
  if (typeof value !== "string" || !IP_ADDRESS.safeParse(value).success) {
    return { ok: false, why: `no IP address at ${addressPath}` };
  }
  return { ok: true, value };
}

/** The port called `name` in the two places where Kubernetes objects list ports. */
function namedPort(resource: Resource, name: string): unknown {
  const inStatus = items(resource.status?.ports).find((port) => fields(port).name === name);
  if (inStatus !== undefined) return fields(inStatus).port;
  for (const container of items(resource.spec?.containers)) {
    const port = items(fields(container).ports).find((one) => fields(one).name === name);
    if (port !== undefined) return fields(port).containerPort;
  }
  return undefined;
}

/** `portName` wins over `portPath`, as published. */
function findPort(
  resource: Resource,
  where: { readonly portName?: string | undefined; readonly portPath?: string | undefined },
): Found<number> {
  const { portName, portPath = "" } = where;
  const value =
    portName === undefined ? firstAt(resource, portPath) : namedPort(resource, portName);
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > 65535) {
    return { ok: false, why: portName ? `no port named ${portName}` : `no port at ${portPath}` };
  }
  return { ok: true, value };
}

/**
 * Reads address and ports of a resource through its mapping. A mapping with one port serves
 * every data port of the director; one with `ports` serves the data ports that it names.
 */
export function extractTarget(
  resource: Resource,
  mapping: ResourceMapping,
  resourceType: string,
  dataPorts: readonly string[],
): Extraction {
  const address = findAddress(resource, mapping);
  if (!address.ok) return { ok: false, error: queryErrors.address(address.why) };
  const { namespace, name } = resource.metadata;
  const label = `${resourceType}/${namespace}/${name}`;
  const ports: [string, number][] = [];
  if (mapping.ports === undefined) {
    const port = findPort(resource, mapping);
    if (!port.ok) return { ok: false, error: queryErrors.port(port.why) };
    for (const dataPort of dataPorts) ports.push([dataPort, port.value]);
  } else {
    for (const entry of mapping.ports) {
      const port = findPort(resource, entry);
      if (!port.ok) return { ok: false, error: queryErrors.ports(`${entry.name}: ${port.why}`) };
      ports.push([entry.name, port.value]);
    }
  }
  const target = makeTarget(address.value, ports, label, proxyProtocolOf(resource, mapping));
  return { ok: true, target, multiPort: mapping.ports !== undefined };
}
