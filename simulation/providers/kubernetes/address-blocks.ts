import { parseIp, stringifyIp } from "ip-bigint";
import { type AddressRange, overlap, parseRange } from "../../../components/kubernetes/ranges.ts";

/** The address in its shortest form; what is none stays as it is. */
export function normalized(address: string): string {
  try {
    return stringifyIp(parseIp(address.trim()));
  } catch {
    return address;
  }
}

/** Whether some block has the address. */
export function covers(blocks: readonly AddressRange[], address: string): boolean {
  const one = parseRange(normalized(address));
  return one !== undefined && blocks.some((block) => overlap(block, one));
}

/** The first address of the blocks that is in no use. */
export function firstFree(
  blocks: readonly AddressRange[],
  taken: ReadonlySet<string>,
): string | undefined {
  for (const { version, first, last } of blocks) {
    for (let number = first; number <= last; number++) {
      const address = stringifyIp({ number, version });
      if (!taken.has(address)) {
        return address;
      }
    }
  }
  return undefined;
}
