/**
 * What a byte does to a CRC-32 (ISO 3309, as in zlib and gzip) when 0, 1, 2 or 3 bytes follow it:
 * four parts of 256.
 */
const TABLE = new Uint32Array(1024);
for (let byte = 0; byte < 256; byte++) {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  TABLE[byte] = value;
}
for (let at = 256; at < 1024; at++) {
  const before = entry(at - 256);
  TABLE[at] = (before >>> 8) ^ entry(before & 255);
}

function entry(index: number): number {
  return TABLE[index] ?? 0;
}

/**
 * The CRC-32 of a part of some bytes, `end` not among them: what node:zlib's `crc32` gives. That
 * one takes a view of its own for each part and a call out of JavaScript, which cost more than
 * the 150 bytes of a line. Four bytes at a time ("slicing by four").
 */
export function crc32Of(bytes: Uint8Array, start: number, end: number): number {
  let crc = -1;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const four =
      crc ^
      ((bytes[at] ?? 0) |
        ((bytes[at + 1] ?? 0) << 8) |
        ((bytes[at + 2] ?? 0) << 16) |
        ((bytes[at + 3] ?? 0) << 24));
    crc =
      entry((four & 255) + 768) ^
      entry(((four >>> 8) & 255) + 512) ^
      entry(((four >>> 16) & 255) + 256) ^
      entry(four >>> 24);
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ entry((crc ^ (bytes[at] ?? 0)) & 255);
  return ~crc >>> 0;
}
