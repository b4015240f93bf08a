import { createHash } from "node:crypto";

/** Lower-case hexadecimal digits that depend on the parts alone. At most 64 of them. */
export function hex(length: number, ...parts: readonly (string | number | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    hash.update(typeof part === "number" ? String(part) : part).update("\0");
  }
  return hash.digest("hex").slice(0, length);
}

/** A version 4 UUID that depends on the parts alone. */
export function uuid(...parts: readonly (string | number | Uint8Array)[]): string {
  const digits = hex(32, ...parts);
  const variant = "89ab"[Number.parseInt(digits.charAt(16), 16) % 4];
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join("-");
}

/**
 * Public addresses come from the ranges for documentation (RFC 5737, RFC 3849), so that a test
 * that sends something to one by mistake reaches nobody.
 *
 * @param taken Addresses in use; the next free one is given.
 */
export function publicAddress(
  family: "IPv4" | "IPv6",
  taken: ReadonlySet<string>,
  ...parts: readonly (string | number)[]
): string {
  if (family === "IPv6") {
    return `2001:db8:${hex(4, ...parts)}:${hex(4, "b", ...parts)}::${hex(2, "c", ...parts)}1`;
  }
  const start = Number.parseInt(hex(8, ...parts), 16);
  const ranges = ["192.0.2", "198.51.100", "203.0.113"];
  for (let step = 0; step < ranges.length * 254; step++) {
    const index = (start + step) % (ranges.length * 254);
    const address = `${ranges[Math.floor(index / 254)]}.${(index % 254) + 1}`;
    if (!taken.has(address)) {
      return address;
    }
  }
  throw new Error("The simulated clouds have no public IPv4 address left (762 exist).");
}
