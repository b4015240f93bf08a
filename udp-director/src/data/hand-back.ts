import type { FoundRoute } from "./offload.ts";

/** What handing found routes back needs. */
export interface HandBackParts {
  /** Gives sessions that are there what is theirs, and returns the rest. */
  readonly adopt: (found: readonly FoundRoute[]) => FoundRoute[];
  /** Takes a client's session over from another director; left out: nobody else has sessions. */
  readonly recall?: ((address: string, port: number) => Promise<unknown>) | undefined;
  /** True once all ends anyway. */
  readonly stopped: () => boolean;
}

/** What became of them. */
export interface HandedBack {
  readonly adopted: number;
  /** Their packets come to the sockets. */
  readonly withdrawn: number;
}

/** Clients that are asked about at a time: packets of unknown clients ask as well, and come first. */
const BATCH = 64;

/**
 * Gives found routes back to their sessions, first to those that are there, before this returns;
 * a shared store is asked about the other clients. What is nobody's is withdrawn, so that its next
 * packet is decided upon like a stranger's. Never rejects.
 */
export async function handBack(
  found: readonly FoundRoute[],
  { adopt, recall, stopped }: HandBackParts,
): Promise<HandedBack> {
  const unclaimed = adopt(found);
  const withdraw = (routes: readonly FoundRoute[]) =>
    Promise.all(routes.map((route) => route.withdraw()));
  const counts = (withdrawn: number) => ({ adopted: found.length - withdrawn, withdrawn });
  if (recall === undefined) {
    await withdraw(unclaimed);
    return counts(unclaimed.length);
  }
  let withdrawn = 0;
  const clients = [
    ...Map.groupBy(unclaimed, ({ client }) => `${client.address} ${client.port}`).values(),
  ];
  for (let start = 0; start < clients.length && !stopped(); start += BATCH) {
    const batch = clients.slice(start, start + BATCH);
    await Promise.all(
      batch.map(([route]) => route && recall(route.client.address, route.client.port)),
    );
    const strangers = adopt(batch.flat());
    withdrawn += strangers.length;
    await withdraw(strangers);
  }
  return counts(withdrawn);
}
