import { errorCode, lacksIpv6 } from "./bind-error.ts";

/**
 * Calls `listen` for every address and resolves with the port: the given one, or for port 0 the
 * one that the first address got. `::` is skipped with a note where the host has no IPv6 and
 * another address is listened on. Rejects with the BindError of the first other failure; what
 * listens by then stays. `what` names the port in the note.
 */
export async function listenOnEach(
  addresses: readonly string[],
  port: number,
  what: string,
  note: (message: string) => void,
  listen: (address: string, port: number) => Promise<number>,
): Promise<number> {
  let bound = port;
  for (const address of addresses) {
    try {
      bound = await listen(address, bound);
    } catch (error) {
      if (addresses.length === 1 || !lacksIpv6(address, errorCode(error))) throw error;
      note(`no IPv6 on this host: ${what} ${bound} listens on IPv4 only`);
    }
  }
  return bound;
}
