/**
 * Packets that are measured by: 4 bytes `UDPM`, 8 bytes of the run, a 4-byte sequence number, and
 * zeros up to the size wanted. An echo may put a label in front, so a reply is searched for them.
 */
export const MIN_PROBE_BYTES = 16;

const MARK = Buffer.from("UDPM");
/** Longest label of an echo that is looked behind. Bytes. */
const MAX_LABEL_BYTES = 256;

/** A packet of `bytes` bytes, 16 at least. */
export function probePacket(run: Uint8Array, sequence: number, bytes: number): Buffer {
  const packet = Buffer.alloc(Math.max(bytes, MIN_PROBE_BYTES));
  packet.set(MARK);
  packet.set(run, 4);
  packet.writeUInt32BE(sequence, 12);
  return packet;
}

/** The sequence number of a reply to a packet of this run; undefined for anything else. */
export function probeSequence(run: Uint8Array, reply: Buffer): number | undefined {
  const head = Buffer.concat([MARK, run]);
  const at = reply.subarray(0, MAX_LABEL_BYTES + MIN_PROBE_BYTES).indexOf(head);
  return at < 0 || reply.length < at + MIN_PROBE_BYTES ? undefined : reply.readUInt32BE(at + 12);
}
