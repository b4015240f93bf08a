import { fields, type KubernetesObject } from "./object.ts";

/** Where EndpointSlices of all Services are. Source: Kubernetes API reference, EndpointSlice. */
export const ENDPOINT_SLICES = {
  group: "discovery.k8s.io",
  version: "v1",
  resource: "endpointslices",
} as const;

/** Label of a slice with the name of its Service. */
export const SERVICE_NAME_LABEL = "kubernetes.io/service-name";

/** Which addresses are read; both: IPv4 for a backend that has one of each. */
export type SliceAddressType = "IPv4" | "IPv6" | undefined;

/** One backend behind a Service. */
export interface Endpoint {
  /** Of the pod, else the address: different for each backend of the Service. */
  readonly name: string;
  readonly address: string;
  /** Named ports; the number is the backend's own, not the Service's. */
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  /** It is ending and still serves: sessions should leave, new ones should not come. */
  readonly draining: boolean;
  readonly nodeName: string | undefined;
  readonly zone: string | undefined;
}

const items = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

function portsOf(slice: Readonly<Record<string, unknown>>): Endpoint["ports"] {
  return items(slice.ports).flatMap((one) => {
    const { name, port } = fields(one);
    return typeof port === "number" ? [{ name: text(name) ?? "", port }] : [];
  });
}

/**
 * True when the endpoint takes new sessions, false when it only keeps those it has, `undefined`
 * when it is of no use. Conditions may be missing: then it is ready, serves as far as it is
 * ready, and does not terminate.
 */
function accepts(conditions: Readonly<Record<string, unknown>>): boolean | undefined {
  const ready = conditions.ready !== false;
  const serving = typeof conditions.serving === "boolean" ? conditions.serving : ready;
  if (conditions.terminating === true) return serving ? false : undefined;
  return ready ? true : undefined;
}

/**
 * The usable endpoints of one Service by name, from all its slices. Slices overlap while they are
 * rewritten, and a backend with two address types is in two of them: each is listed once.
 */
export function endpointsOf(
  slices: readonly KubernetesObject[],
  addressType: SliceAddressType,
): Endpoint[] {
  const found = new Map<string, Endpoint & { readonly type: string }>();
  for (const slice of slices) {
    const {
      addressType: type,
      endpoints,
      ...rest
    } = slice as KubernetesObject & {
      readonly addressType?: unknown;
      readonly endpoints?: unknown;
    };
    if (type !== "IPv4" && type !== "IPv6") continue;
    if (addressType !== undefined && type !== addressType) continue;
    const ports = portsOf(rest as Readonly<Record<string, unknown>>);
    for (const one of items(endpoints)) {
      const { addresses, conditions, targetRef, nodeName, zone } = fields(one);
      const address = text(items(addresses)[0]);
      const accepting = accepts(fields(conditions));
      if (address === undefined || accepting === undefined) continue;
      const name = text(fields(targetRef).name) ?? address;
      const known = found.get(name);
      const better = known?.type === "IPv6" && type === "IPv4";
      if (known !== undefined && !better && !(known.type === type && known.draining)) continue;
      const place = { nodeName: text(nodeName), zone: text(zone) };
      found.set(name, { name, address, ports, draining: !accepting, ...place, type });
    }
  }
  return [...found.values()]
    .map(({ type: _, ...endpoint }) => endpoint)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
