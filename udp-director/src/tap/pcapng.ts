/**
 * Blocks of a pcapng file (draft-ietf-opsawg-pcapng), little-endian. A file is `fileStart`, then
 * packets, then `interfaceStatistics` of each interface.
 */

const BLOCK = { section: 0x0a0d0d0a, interface: 1, statistics: 5, packet: 6 } as const;
const OPTION = { end: 0, comment: 1, name: 2, dropped: 5, resolution: 9, flags: 2 } as const;
/** Raw IP, version 4 or 6 by its first nibble: LINKTYPE_RAW of the link-layer registry. */
const LINKTYPE_RAW = 101;
/** `if_tsresol`: times in units of 10^-6 s. */
const MICROSECONDS = 6;

const text = new TextEncoder();
const padded = (length: number) => (length + 3) & ~3;

function uint32(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, at) => {
    view.setUint32(4 * at, value, true);
  });
  return bytes;
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

const pad = (bytes: Uint8Array) =>
  padded(bytes.length) === bytes.length ? bytes : join([bytes, new Uint8Array(-bytes.length & 3)]);

const option = (code: number, value: Uint8Array) =>
  join([uint32(code | (value.length << 16)), pad(value)]);

/** Options with their end; nothing at all where there are none. */
function options(list: readonly Uint8Array[]): Uint8Array {
  return list.length === 0 ? new Uint8Array() : join([...list, uint32(OPTION.end)]);
}

function block(type: number, ...body: readonly Uint8Array[]): Uint8Array {
  const inner = join(body);
  const length = uint32(inner.length + 12);
  return join([uint32(type), length, inner, length]);
}

/** Times as pcapng has them: high and low half of microseconds since 1970. */
function time(ms: number): readonly [high: number, low: number] {
  const microseconds = BigInt(Math.round(ms * 1000));
  return [Number(microseconds >> 32n), Number(microseconds & 0xffff_ffffn)];
}

/** Section header and one interface for each name. */
export function fileStart(interfaces: readonly string[], snaplen: number, application: string) {
  const section = block(
    BLOCK.section,
    // Byte order, version 1.0, unknown length.
    uint32(0x1a2b3c4d, 1, 0xffffffff, 0xffffffff),
    options([option(4, text.encode(application))]),
  );
  const described = interfaces.map((name) =>
    block(
      BLOCK.interface,
      uint32(LINKTYPE_RAW, snaplen),
      options([
        option(OPTION.name, text.encode(name)),
        option(OPTION.resolution, Uint8Array.of(MICROSECONDS)),
      ]),
    ),
  );
  return join([section, ...described]);
}

/** One packet of a capture. */
export interface CapturedPacket {
  /** Index of its interface. */
  readonly on: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** As the director sees it. */
  readonly direction: "inbound" | "outbound";
  readonly packet: Uint8Array;
  readonly comment?: string | undefined;
}

/** A packet, cut to `snaplen` bytes. */
export function packetBlock(captured: CapturedPacket, snaplen: number): Uint8Array {
  const { on, at, direction, packet, comment } = captured;
  const kept = packet.subarray(0, snaplen);
  return block(
    BLOCK.packet,
    uint32(on, ...time(at), kept.length, packet.length),
    pad(kept),
    options([
      ...(comment === undefined ? [] : [option(OPTION.comment, text.encode(comment))]),
      option(OPTION.flags, uint32(direction === "inbound" ? 1 : 2)),
    ]),
  );
}

/** How many packets of an interface were left out. */
export function interfaceStatistics(on: number, at: number, dropped: number): Uint8Array {
  return block(
    BLOCK.statistics,
    uint32(on, ...time(at)),
    options([option(OPTION.dropped, uint32(dropped, 0))]),
  );
}
