/** The 4 or 16 bytes of an address literal. Zones are cut; anything else throws. */
export function addressBytes(address: string): Uint8Array {
  const [plain = ""] = address.split("%");
  const dotted = /^(.*:)?(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(plain);
  const octets = dotted?.slice(2, 6).map(Number) ?? [];
  if (octets.some((octet) => octet > 255)) throw new Error(`not an IP address: ${address}`);
  if (!plain.includes(":")) {
    if (octets.length === 0) throw new Error(`not an IP address: ${address}`);
    return Uint8Array.from(octets);
  }
  const [o1 = 0, o2 = 0, o3 = 0, o4 = 0] = octets;
  const tail = `${((o1 << 8) | o2).toString(16)}:${((o3 << 8) | o4).toString(16)}`;
  const text = dotted === null ? plain : `${dotted[1]}${tail}`;
  const [head = "", rest] = text.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = rest === undefined || rest === "" ? [] : rest.split(":");
  const gap = rest === undefined ? 0 : 8 - left.length - right.length;
  const zeros = new Array<string>(Math.max(0, gap)).fill("0");
  const groups = [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16));
  if (groups.length !== 8 || groups.some((group) => !(group >= 0 && group <= 0xffff))) {
    throw new Error(`not an IP address: ${address}`);
  }
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255]));
}
