import { groupsOf } from "../net/address-bytes.ts";
import type { Session } from "../sessions/session.ts";
import type { FoundRoute } from "./offload.ts";

const same = (one: string, other: string): boolean =>
  one === other || String(groupsOf(one)) === String(groupsOf(other));

/**
 * Whether packets that something faster forwards are a session's, and go where it leads. One whose
 * backend is told its client in every packet is forwarded by sockets only.
 */
export function continues(
  { client, backend }: Pick<FoundRoute, "client" | "backend">,
  session: Pick<Session<unknown>, "clientAddress" | "clientPort" | "target" | "closed">,
  dataPort: string,
): boolean {
  const { clientAddress, clientPort, target, closed } = session;
  return (
    !closed &&
    client.port === clientPort &&
    same(client.address, clientAddress) &&
    target.proxyProtocol !== "every" &&
    target.ports.get(dataPort) === backend.port &&
    same(target.address, backend.address)
  );
}
