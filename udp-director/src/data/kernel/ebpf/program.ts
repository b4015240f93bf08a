// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// The kernel lets only programs under the GPL ask for routes.

import { SIZE_BOUNDS } from "../../traffic.ts";
import { GLANCED_BYTES } from "../ruleset.ts";
import { Assembler, type Register, reg } from "./assembler.ts";
import { Direction, ENTRY, FAMILY, KEY, LOCAL, SUMS } from "./layout.ts";

/** Descriptors of the maps that the program uses. */
export interface Maps {
  /** KEY to ENTRY. */
  readonly flows: number;
  /** The number of the epoch, 4 bytes: an array of one. */
  readonly epoch: number;
  /** LOCAL to anything: addresses of this host. */
  readonly locals: number;
  /** Direction to SUMS, for each processor. */
  readonly sums: number;
}

/** Registers that outlive calls. */
const CONTEXT: Register = 6;
const PACKET: Register = 7;
/** The end of the packet, and once that is not needed any more the time. */
const END: Register = 8;
const NOW: Register = 8;
const FLOW: Register = 9;
const FRAME: Register = 10;

/** Places in `struct __sk_buff` (linux/bpf.h). */
const SKB = { length: 0, type: 4, protocol: 16, vlan: 20, device: 40, data: 76, end: 80 } as const;
/** Functions of the kernel (`enum bpf_func_id`). */
const HELPER = {
  lookUp: 1,
  jiffies: 118,
  replaceL4Checksum: 11,
  checksumDifference: 28,
  lookUpRoute: 69,
  redirectToNeighbour: 152,
} as const;
/** The packet takes the way that it would have taken without this program. */
const TCX_NEXT = -1;
const TCX_DROP = 2;

/** Places in `struct bpf_fib_lookup`; what comes back is in the same ones. */
const ROUTE = { protocol: 1, length: 6, device: 8, tos: 12, from: 16, to: 32, bytes: 64 } as const;
/** A route is asked for again after 32 jiffies: a tenth of a second, more or less. */
const ROUTE_JIFFIES_SHIFT = 5;
/** Neighbours are looked up when the packet is sent, which also keeps them known. */
const SKIP_NEIGHBOUR = 4;
/** `struct bpf_redir_neigh`: a family, and the next hop. */
const HOP = { family: 0, address: 4, bytes: 20 } as const;
/** Flags of `bpf_l4_csum_replace`: the size of a number, addresses, and that 0 is no checksum. */
const CHECKSUM = { word: 4, addresses: 0x10, zeroIsNone: 0x20 } as const;

/** What the program has on its stack, from the frame downwards. */
const STACK = { key: -24, local: -48, route: -112, direction: -116 } as const;

const ETHERNET_BYTES = 14;
const UDP = 17;
const UDP_BYTES = 8;

/** What differs between the versions of IP. Places are from the packet's start. */
interface Version {
  readonly name: string;
  readonly family: number;
  /** `skb->protocol`, in network order. */
  readonly protocol: number;
  readonly addressBytes: 4 | 16;
  readonly addresses: number;
  readonly hops: number;
  readonly udp: number;
}

const IPV4: Version = {
  ...{ name: "v4", family: FAMILY.v4, protocol: 0x0008, addressBytes: 4 },
  ...{ addresses: 26, hops: 22, udp: 34 },
};
const IPV6: Version = {
  ...{ name: "v6", family: FAMILY.v6, protocol: 0xdd86, addressBytes: 16 },
  ...{ addresses: 22, hops: 21, udp: 54 },
};
const V4 = { first: 14, length: 16, fragment: 20, protocol: 23, checksum: 24 } as const;
const V6 = { length: 18, protocol: 20 } as const;

/**
 * The program at the ingress of each Ethernet device (tcx). A packet of a flow's direction gets
 * its new addresses and ports and leaves by the device of its route; whatever else comes, and
 * whatever needs thought, goes the way that it would have gone without it, through the rules of
 * ruleset.ts: fragments, options, control packets, packets that are too long or have no route, and
 * once in an epoch one of each direction, so that connection tracking does not forget the flow and
 * the rules see that it is active.
 */
export function program(maps: Maps, magic: Uint8Array): Buffer {
  const code = new Assembler();
  code
    .alu("mov", CONTEXT, reg(1))
    .load(4, 2, CONTEXT, SKB.type)
    .jump(2, "!=", 0, "pass")
    .load(4, 2, CONTEXT, SKB.vlan)
    .jump(2, "!=", 0, "pass")
    .load(4, PACKET, CONTEXT, SKB.data)
    .load(4, END, CONTEXT, SKB.end)
    .load(4, 2, CONTEXT, SKB.protocol)
    .jump(2, "==", IPV4.protocol, IPV4.name)
    .jump(2, "==", IPV6.protocol, IPV6.name)
    .label("pass")
    .alu("mov", 0, TCX_NEXT)
    .exit()
    .label("drop")
    .alu("mov", 0, TCX_DROP)
    .exit();
  for (const version of [IPV4, IPV6]) {
    code.label(version.name);
    check(code, version);
    lookUp(code, version, maps, magic);
    route(code, version);
    count(code, version, maps);
    rewrite(code, version);
    send(code);
    learn(code, version, maps);
  }
  return code.bytes();
}

/** A whole UDP packet without options, which may be forwarded once more. */
function check(code: Assembler, version: Version): void {
  const { udp, hops, family } = version;
  code
    .alu("mov", 1, reg(PACKET))
    .alu("add", 1, udp + UDP_BYTES)
    .jump(1, ">", reg(END), "pass");
  if (family === FAMILY.v4) {
    code
      .load(1, 1, PACKET, V4.first)
      .jump(1, "!=", 0x45, "pass")
      .load(2, 1, PACKET, V4.fragment)
      .swap16(1)
      .alu("and", 1, 0x3fff)
      .jump(1, "!=", 0, "pass");
  }
  code
    .load(1, 1, PACKET, family === FAMILY.v4 ? V4.protocol : V6.protocol)
    .jump(1, "!=", UDP, "pass")
    .load(1, 1, PACKET, hops)
    .jump(1, "<=", 1, "pass");
  loadLength(code, version);
  code
    .jump(1, "<=", headersOf(version) - 1, "pass")
    .alu("add", 1, ETHERNET_BYTES)
    .load(4, 2, CONTEXT, SKB.length)
    .jump(1, ">", reg(2), "pass");
}

/** Finds the direction, and whether this packet has to go the long way. */
function lookUp(code: Assembler, version: Version, maps: Maps, magic: Uint8Array): void {
  const { name, addresses, addressBytes, udp, family } = version;
  copy(code, FRAME, STACK.key + KEY.address, PACKET, addresses, addressBytes);
  for (let at = addressBytes; at < 16; at += 4) code.store(4, FRAME, STACK.key + at, 0);
  copy(code, FRAME, STACK.key + KEY.ports, PACKET, udp, 4);
  code.store(4, FRAME, STACK.key + KEY.family, family);
  const glanced = magic.subarray(0, GLANCED_BYTES);
  const data = udp + UDP_BYTES;
  code
    .alu("mov", 1, reg(PACKET))
    .alu("add", 1, data + glanced.length)
    .jump(1, ">", reg(END), `${name}_data`);
  for (const [at, byte] of glanced.entries()) {
    code.load(1, 1, PACKET, data + at).jump(1, "!=", byte, `${name}_data`);
  }
  code.goto("pass").label(`${name}_data`);
  find(code, maps.flows, STACK.key, "pass");
  code
    .alu("mov", FLOW, reg(0))
    .mapValue(1, maps.epoch)
    .load(4, 1, 1, 0)
    .load(4, 2, FLOW, ENTRY.epoch)
    .jump(1, "!=", reg(2), `${name}_long`);
  const to = addresses + addressBytes;
  for (let at = 0; at < addressBytes; at += 4) {
    code
      .load(4, 1, PACKET, to + at)
      .load(4, 2, FLOW, ENTRY.local + at)
      .jump(1, "!=", reg(2), "pass");
  }
}

/** Where the new addresses lead, asked once in a while, and whether the packet fits there. */
function route(code: Assembler, version: Version): void {
  const { name, addressBytes, family } = version;
  const at = (place: number) => STACK.route + place;
  code
    .call(HELPER.jiffies)
    .alu("rsh", 0, ROUTE_JIFFIES_SHIFT)
    .alu32("mov", NOW, reg(0))
    .load(4, 1, FLOW, ENTRY.routed)
    .jump(1, "==", reg(NOW), `${name}_routed`);
  for (let place = 0; place < ROUTE.bytes; place += 8) code.store(8, FRAME, at(place), 0);
  code.store(1, FRAME, at(0), family).store(1, FRAME, at(ROUTE.protocol), UDP);
  loadLength(code, version);
  code.store(2, FRAME, at(ROUTE.length), reg(1));
  code.load(4, 1, CONTEXT, SKB.device).store(4, FRAME, at(ROUTE.device), reg(1));
  if (family === FAMILY.v4) {
    code.load(1, 1, PACKET, V4.first + 1).store(1, FRAME, at(ROUTE.tos), reg(1));
  }
  copy(code, FRAME, at(ROUTE.from), FLOW, ENTRY.addresses, addressBytes);
  copy(code, FRAME, at(ROUTE.to), FLOW, ENTRY.addresses + addressBytes, addressBytes);
  code
    .alu("mov", 1, reg(CONTEXT))
    .alu("mov", 2, reg(FRAME))
    .alu("add", 2, STACK.route)
    .alu("mov", 3, ROUTE.bytes)
    .alu("mov", 4, SKIP_NEIGHBOUR)
    .call(HELPER.lookUpRoute)
    .jump(0, "!=", 0, "pass");
  // The next hop may be of the other version.
  code.load(1, 1, FRAME, at(0)).store(4, FLOW, ENTRY.hop + HOP.family, reg(1));
  copy(code, FLOW, ENTRY.hop + HOP.address, FRAME, at(ROUTE.to), 16);
  copy(code, FLOW, ENTRY.device, FRAME, at(ROUTE.device), 4);
  // In the place of the packet's length.
  code
    .load(2, 1, FRAME, at(ROUTE.length))
    .store(4, FLOW, ENTRY.mtu, reg(1))
    .store(4, FLOW, ENTRY.routed, reg(NOW))
    .label(`${name}_routed`);
  loadLength(code, version);
  code.load(4, 2, FLOW, ENTRY.mtu).jump(1, ">", reg(2), "pass");
}

/** Counts the packet, and its payload. */
function count(code: Assembler, version: Version, { sums }: Maps): void {
  const { name } = version;
  const done = `${name}_counted`;
  code.load(2, 1, FLOW, ENTRY.direction).store(4, FRAME, STACK.direction, reg(1));
  find(code, sums, STACK.direction, "pass");
  loadLength(code, version);
  code
    .alu("sub", 1, headersOf(version))
    .load(8, 2, 0, SUMS.bytes)
    .alu("add", 2, reg(1))
    .store(8, 0, SUMS.bytes, reg(2));
  for (const [bucket, bound] of SIZE_BOUNDS.entries()) {
    code.alu("mov", 3, reg(0)).alu("add", 3, SUMS.sizes + 8 * bucket);
    code.jump(1, "<=", bound, done);
  }
  code
    .alu("mov", 3, reg(0))
    .alu("add", 3, SUMS.sizes + 8 * SIZE_BOUNDS.length)
    .label(done)
    .load(8, 2, 3, 0)
    .alu("add", 2, 1)
    .store(8, 3, 0, reg(2));
}

/** Writes the new addresses and ports, one hop less, and the checksums that go with them. */
function rewrite(code: Assembler, { addresses, addressBytes, hops, udp, family }: Version): void {
  const both = 2 * addressBytes;
  code.load(4, 0, FLOW, ENTRY.difference);
  if (family === FAMILY.v4) {
    // One hop less is 1 less in its 16 bits, as these stand in memory: ~1 is added.
    code
      .load(2, 1, PACKET, V4.checksum)
      .alu("xor", 1, 0xffff)
      .alu("add", 1, 0xfffe)
      .alu("add", 1, reg(0));
    for (let fold = 0; fold < 3; fold++) {
      code.alu("mov", 2, reg(1)).alu("rsh", 2, 16).alu("and", 1, 0xffff).alu("add", 1, reg(2));
    }
    code.alu("xor", 1, 0xffff).store(2, PACKET, V4.checksum, reg(1));
  }
  code.load(1, 1, PACKET, hops).alu("sub", 1, 1).store(1, PACKET, hops, reg(1));
  copy(code, PACKET, addresses, FLOW, ENTRY.addresses, both);
  code.load(4, 3, PACKET, udp).load(4, 4, FLOW, ENTRY.ports).store(4, PACKET, udp, reg(4));
  const checksum = udp + 6;
  code
    .alu("mov", 1, reg(CONTEXT))
    .alu("mov", 2, checksum)
    .alu("mov", 5, CHECKSUM.word | CHECKSUM.zeroIsNone)
    .call(HELPER.replaceL4Checksum)
    .jump(0, "!=", 0, "drop")
    .alu("mov", 1, reg(CONTEXT))
    .alu("mov", 2, checksum)
    .alu("mov", 3, 0)
    .load(4, 4, FLOW, ENTRY.difference)
    .alu("mov", 5, CHECKSUM.addresses | CHECKSUM.zeroIsNone)
    .call(HELPER.replaceL4Checksum)
    .jump(0, "!=", 0, "drop");
}

function send(code: Assembler): void {
  code
    .load(4, 1, FLOW, ENTRY.device)
    .alu("mov", 2, reg(FLOW))
    .alu("add", 2, ENTRY.hop)
    .alu("mov", 3, HOP.bytes)
    .alu("mov", 4, 0)
    .call(HELPER.redirectToNeighbour)
    .exit();
}

/**
 * The first packet of a direction in an epoch. The first of all of a client tells which of this
 * host's addresses it sends to, and so where answers have to come from.
 */
function learn(code: Assembler, version: Version, { flows, epoch, locals }: Maps): void {
  const { name, addresses, addressBytes, family } = version;
  const to = addresses + addressBytes;
  code
    .label(`${name}_long`)
    .load(2, 1, FLOW, ENTRY.known)
    .jump(1, "!=", 0, `${name}_known`)
    .load(2, 1, FLOW, ENTRY.direction)
    .jump(1, "!=", Direction.toBackend, "pass");
  copy(code, FRAME, STACK.local + LOCAL.address, PACKET, to, addressBytes);
  for (let at = addressBytes; at < 16; at += 4) code.store(4, FRAME, STACK.local + at, 0);
  code.store(4, FRAME, STACK.local + LOCAL.family, family);
  find(code, locals, STACK.local, "pass");
  // The other direction: from the new receiver, to the new sender's port.
  const key = STACK.key;
  copy(code, FRAME, key + KEY.address, FLOW, ENTRY.addresses + addressBytes, addressBytes);
  code
    .load(2, 1, FLOW, ENTRY.ports + 2)
    .store(2, FRAME, key + KEY.ports, reg(1))
    .load(2, 1, FLOW, ENTRY.ports)
    .store(2, FRAME, key + KEY.ports + 2, reg(1));
  find(code, flows, key, "pass");
  copy(code, 0, ENTRY.addresses, PACKET, to, addressBytes);
  copy(code, FLOW, ENTRY.local, PACKET, to, addressBytes);
  code
    .store(2, 0, ENTRY.known, 1)
    .store(2, FLOW, ENTRY.known, 1)
    .label(`${name}_known`)
    .alu("mov", 1, reg(PACKET))
    .alu("add", 1, addresses)
    .alu("mov", 2, 2 * addressBytes)
    .alu("mov", 3, reg(FLOW))
    .alu("mov", 4, 2 * addressBytes)
    .alu("mov", 5, 0)
    .call(HELPER.checksumDifference)
    .store(4, FLOW, ENTRY.difference, reg(0))
    .mapValue(1, epoch)
    .load(4, 1, 1, 0)
    .store(4, FLOW, ENTRY.epoch, reg(1))
    .goto("pass");
}

/** Bytes of the headers of IP and UDP. */
const headersOf = ({ udp }: Version): number => udp + UDP_BYTES - ETHERNET_BYTES;

/** The packet's length from its IP header on, into register 1. */
function loadLength(code: Assembler, { family }: Version): void {
  if (family === FAMILY.v4) code.load(2, 1, PACKET, V4.length).swap16(1);
  else code.load(2, 1, PACKET, V6.length).swap16(1).alu("add", 1, 40);
}

/** Looks a key on the stack up: register 0 is its value. To `absent` where there is none. */
function find(code: Assembler, map: number, key: number, absent: string): void {
  code
    .map(1, map)
    .alu("mov", 2, reg(FRAME))
    .alu("add", 2, key)
    .call(HELPER.lookUp)
    .jump(0, "==", 0, absent);
}

/** Copies a multiple of 4 bytes by way of register 1. */
function copy(
  code: Assembler,
  to: Register,
  toPlace: number,
  from: Register,
  fromPlace: number,
  bytes: number,
): void {
  for (let at = 0; at < bytes; at += 4) {
    code.load(4, 1, from, fromPlace + at).store(4, to, toPlace + at, reg(1));
  }
}
