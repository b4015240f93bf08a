import { sameAddress } from "../net/address-bytes.ts";
import type { Transport } from "./nat-packet.ts";

/** What a NAT's mappings and filters depend on (RFC 4787 sections 4.1 and 5). */
export type Dependence =
  | "endpoint-independent"
  | "address-dependent"
  | "address-and-port-dependent";

/**
 * The kinds of RFC 3489 section 5; `none` and `firewall` translate nothing, and the latter lets in
 * answers only.
 */
export type NatKind =
  | "none"
  | "firewall"
  | "full cone"
  | "restricted cone"
  | "port restricted cone"
  | "symmetric";

/** What a client saw of its NAT. */
export interface NatObservations {
  /** The socket's own address and port. */
  readonly local: Transport;
  /** What the server saw it come from, when asked at each of these places from one socket. */
  readonly mapped: {
    readonly first: Transport;
    readonly otherAddress: Transport;
    readonly otherAddressAndPort: Transport;
  };
  /** Whether answers from there came to a socket that had asked the first place alone. */
  readonly heardFrom: { readonly otherPort: boolean; readonly otherAddressAndPort: boolean };
}

export interface NatClass {
  readonly kind: NatKind;
  readonly mapping: Dependence;
  readonly filtering: Dependence;
}

export const same = (one: Transport, other: Transport): boolean =>
  one.port === other.port && sameAddress(one.address, other.address);

/** Names the NAT that shows itself so (RFC 5780 sections 4.3 and 4.4). */
export function classifyNat({ local, mapped, heardFrom }: NatObservations): NatClass {
  const { first, otherAddress, otherAddressAndPort } = mapped;
  const mapping = same(first, otherAddress)
    ? "endpoint-independent"
    : same(otherAddress, otherAddressAndPort)
      ? "address-dependent"
      : "address-and-port-dependent";
  const filtering = heardFrom.otherAddressAndPort
    ? "endpoint-independent"
    : heardFrom.otherPort
      ? "address-dependent"
      : "address-and-port-dependent";
  return { kind: kindOf(same(local, first), mapping, filtering), mapping, filtering };
}

function kindOf(untouched: boolean, mapping: Dependence, filtering: Dependence): NatKind {
  if (mapping !== "endpoint-independent") return "symmetric";
  if (untouched) return filtering === "endpoint-independent" ? "none" : "firewall";
  if (filtering === "endpoint-independent") return "full cone";
  return filtering === "address-dependent" ? "restricted cone" : "port restricted cone";
}
