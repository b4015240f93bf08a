/** Bytes of IP and UDP headers in front of a payload. */
export const HEADER_BYTES = { 4: 28, 6: 48 } as const;

/**
 * Common path MTUs, asked for first: Ethernet, PPPoE, a tunnel or two, the least of IPv6, the least
 * that every IPv4 host takes. Most paths have one of them.
 */
const COMMON = [1500, 1492, 1480, 1460, 1450, 1428, 1420, 1400, 1280, 576];

/** Sizes of IP packets that a search goes through, in bytes. */
export interface MtuRange {
  readonly min: number;
  readonly max: number;
}

/**
 * The largest IP packet that comes back, by asking: the search of RFC 8899 section 5.3.2, the likely
 * sizes first. `passes` decides on a size alone, so a lost packet must not be its last word. Null
 * when not even the smallest passes.
 */
export async function searchMtu(
  { min, max }: MtuRange,
  passes: (bytes: number) => Promise<boolean>,
): Promise<number | null> {
  if (await passes(max)) return max;
  let low = min - 1;
  let high = max;
  for (const size of COMMON) {
    if (size <= low || size >= high) continue;
    if (await passes(size)) {
      low = size;
      break;
    }
    high = size;
  }
  if (low < min && !(await passes(min))) return null;
  low = Math.max(low, min);
  while (high - low > 1) {
    // One above what passes: it is most often a common size itself.
    const middle = high - low > 8 && COMMON.includes(low) ? low + 1 : Math.floor((low + high) / 2);
    if (await passes(middle)) low = middle;
    else high = middle;
  }
  return low;
}
