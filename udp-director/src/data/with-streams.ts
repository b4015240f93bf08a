import type { Ingress, SessionExecutor } from "../sessions/session-ports.ts";

/**
 * An executor for datagrams that also tells the TCP data path of sessions that move and end, the
 * streams first: nothing may reach the old backend from then on.
 */
export function withStreams<Attachment, In extends Ingress>(
  datagrams: SessionExecutor<Attachment, In>,
  streams: Pick<SessionExecutor<unknown>, "retarget" | "closeSession">,
): SessionExecutor<Attachment, In> {
  return {
    openSession: (session) => datagrams.openSession(session),
    forwardToBackend: (session, ingress, backendPort, payload) =>
      datagrams.forwardToBackend(session, ingress, backendPort, payload),
    forwardToClient: (session, dataPort, payload) =>
      datagrams.forwardToClient(session, dataPort, payload),
    retarget(session, previous) {
      streams.retarget(session, previous);
      datagrams.retarget(session, previous);
    },
    rebind: (session, ingress) => datagrams.rebind(session, ingress),
    passedUnseen: (session) => datagrams.passedUnseen?.(session) ?? false,
    closeSession(session) {
      streams.closeSession(session);
      datagrams.closeSession(session);
    },
    acknowledge: (session, ingress, token) => datagrams.acknowledge?.(session, ingress, token),
    challenge: (ingress, address, port, cookie) =>
      datagrams.challenge?.(ingress, address, port, cookie),
  };
}
