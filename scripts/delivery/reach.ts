import { type Action, type PreviewStep, type ResourceState, UNKNOWN } from "./preview-json.ts";

/** A static address or a DNS name of a stack, and what becomes of it. */
export interface Reach {
  readonly kind: "address" | "name";
  readonly action: Action | "keep";
  /** Logical name of the resource. */
  readonly name: string;
  /** The address, or the name with its type and content. Left out: only the deployment tells. */
  readonly before?: string;
  readonly after?: string;
}

type Read = (state: ResourceState) => string | undefined;
type Json = Readonly<Record<string, unknown>>;

const output =
  (property: string): Read =>
  ({ outputs }) =>
    text(outputs?.[property]);

/** Resources that are an address of their own, by type, with the property that tells it. */
const ADDRESSES: Readonly<Record<string, Read>> = {
  "azure-native:network:PublicIPAddress": output("ipAddress"),
  "digitalocean:index/reservedIp:ReservedIp": output("ipAddress"),
  "digitalocean:index/loadBalancer:LoadBalancer": output("ip"),
  "aws:ec2/eip:Eip": output("publicIp"),
  "aws:lb/loadBalancer:LoadBalancer": output("dnsName"),
};

/** Annotations with which a Service asks for addresses of the local network. */
const FIXED = ["metallb.io/loadBalancerIPs", "lbipam.cilium.io/ips"];

const fixedAddress: Read = ({ inputs }) => {
  const annotations = ((inputs?.metadata as Json)?.annotations ?? {}) as Json;
  return FIXED.map((key) => text(annotations[key])).find((found) => found !== undefined);
};

const RECORD = "cloudflare:index/dnsRecord:DnsRecord";

const record: Read = ({ inputs = {}, outputs = {} }) => {
  const name = text(inputs.name) ?? text(outputs.name);
  const content = text(inputs.content) ?? "an address that the deployment tells";
  const proxied = inputs.proxied === true ? ", proxied" : "";
  return name === undefined ? undefined : `${name} ${inputs.type} ${content}${proxied}`;
};

/** Addresses and names that a step is about. */
export function reachOf(step: PreviewStep, action: Reach["action"]): readonly Reach[] {
  const { oldState, newState } = step;
  const state = newState ?? oldState;
  const type = state?.type ?? "";
  const kind = type === RECORD ? "name" : "address";
  const read = type === RECORD ? record : (ADDRESSES[type] ?? serviceAddress(type));
  if (read === undefined || state === undefined || state === null) {
    return [];
  }
  const before = oldState ? read(oldState) : undefined;
  const after = newState && action !== "destroy" ? read(newState) : undefined;
  if (ADDRESSES[type] === undefined && before === undefined && after === undefined) {
    return [];
  }
  const name = step.urn.split("::").at(-1) ?? step.urn;
  return [
    {
      ...{ kind, action, name },
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    },
  ];
}

const serviceAddress = (type: string): Read | undefined =>
  type === "kubernetes:core/v1:Service" ? fixedAddress : undefined;

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && value !== UNKNOWN ? value : undefined;
}
