/** Eight groups of an IPv6 address or four octets of an IPv4 address, as numbers. */
export function groupsOf(address: string): number[] | undefined {
  if (!address.includes(":")) {
    const octets = address.split(".").map(Number);
    const fits = octets.every((octet) => Number.isInteger(octet) && octet >= 0 && octet <= 255);
    return octets.length === 4 && fits ? octets : undefined;
  }
  const [plain = ""] = address.split("%");
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(plain);
  const text = dotted
    ? `${dotted[1]}${(Number(dotted[2]) * 256 + Number(dotted[3])).toString(16)}:${(Number(dotted[4]) * 256 + Number(dotted[5])).toString(16)}`
    : plain;
  const [head = "", tail] = text.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...new Array<string>(Math.max(0, missing)).fill("0"), ...right];
  const numbers = groups.map((group) => Number.parseInt(group, 16));
  const fits = numbers.every((number) => number >= 0 && number <= 0xffff);
  return numbers.length === 8 && fits ? numbers : undefined;
}

/** The 4 or 16 bytes of an address literal. Zones are cut; anything else throws. */
export function addressBytes(address: string): Uint8Array {
  const [plain = ""] = address.split("%");
  const groups = groupsOf(plain);
  const dotted = /(?:^|:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(plain);
  const isWhole = plain.includes(":") || dotted !== null;
  const fits = dotted?.slice(1).every((octet) => Number(octet) <= 255) ?? true;
  if (groups === undefined || !isWhole || !fits) throw new Error(`not an IP address: ${address}`);
  const bytes = groups.length === 4 ? groups : groups.flatMap((group) => [group >> 8, group & 255]);
  return Uint8Array.from(bytes);
}

/** The text of 4 or 16 bytes; IPv6 without `::`. */
export function textOf(bytes: ArrayLike<number>): string {
  if (bytes.length === 4) return Array.from(bytes).join(".");
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  );
  return groups.join(":");
}

/** True for two spellings of one address. */
export const sameAddress = (one: string, other: string): boolean =>
  addressBytes(one).join() === addressBytes(other).join();
