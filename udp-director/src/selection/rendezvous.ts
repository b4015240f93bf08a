/** FNV-1a over UTF-16 units, then murmur3's finaliser, which spreads neighbours. 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/**
 * Orders names for a client by rendezvous (highest random weight) hashing: the first is the
 * client's. Every director gives the same order, and a name that leaves or comes moves only the
 * clients that it had or gets. Not secret: a client can work out where it will land.
 * Source: Thaler, Ravishankar, "Using name-based mappings to increase hit rates" (1998).
 */
export function rendezvousOrder(client: string, names: readonly string[]): string[] {
  const scored = names.map((name) => ({ name, score: hash(`${client}\n${name}`) }));
  scored.sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1));
  return scored.map(({ name }) => name);
}
