import type { RemoteInfo, Socket } from "node:dgram";
import { bindUdp, udpSocket } from "../data/udp-socket.ts";
import { plainAddress } from "../net/addresses.ts";
import { encodeAnswer, type NatRequest, readRequest, type Transport } from "./nat-packet.ts";

/** Answers that wait, of all clients; a request beyond them is not answered. */
const MAX_WAITING = 1000;

/** The server's side of the classification: answers of four sockets, two addresses by two ports. */
export interface NatResponder {
  close(): void;
}

/**
 * Takes requests on an echo's own socket, and on three more: the same address with the other port,
 * and the other address with both. Everything else on them goes to `echo`.
 *
 * It cannot be used against others: an answer is smaller than its request and goes to where that
 * came from, once. Rejects with BindError.
 */
export async function startNatResponder(
  first: Socket,
  other: Transport,
  echo: (socket: Socket, payload: Buffer, from: RemoteInfo) => void,
): Promise<NatResponder> {
  const own = first.address();
  const waiting = new Set<NodeJS.Timeout>();
  // Bit 0 of a socket's place: the other address, bit 1: the other port.
  const places = [
    { address: own.address, port: other.port, at: 2 },
    { address: other.address, port: own.port, at: 1 },
    { address: other.address, port: other.port, at: 3 },
  ];
  const sockets: Socket[] = [first];
  const close = () => {
    for (const timer of waiting) clearTimeout(timer);
    for (const socket of sockets.slice(1)) socket?.close();
  };
  try {
    for (const { address, port, at } of places) {
      const socket = udpSocket(address);
      await bindUdp(socket, address, port, "--other-address or --other-port");
      socket.on("error", () => undefined);
      sockets[at] = socket;
    }
  } catch (error) {
    close();
    throw error;
  }

  const answer = (place: number, request: NatRequest, from: RemoteInfo) => {
    const by = place ^ (request.otherAddress ? 1 : 0) ^ (request.otherPort ? 2 : 0);
    const packet = encodeAnswer({
      transaction: request.transaction,
      mapped: { address: plainAddress(from.address), port: from.port },
      other,
    });
    sockets[by]?.send(packet, from.port, from.address, () => undefined);
  };
  sockets.forEach((socket, place) => {
    socket.on("message", (payload, from) => {
      const request = readRequest(payload);
      if (request === undefined) return echo(socket, payload, from);
      if (request.delayMs === 0) return answer(place, request, from);
      if (waiting.size >= MAX_WAITING) return undefined;
      // The payload's memory is the socket's again when this handler is done.
      const kept = { ...request, transaction: Buffer.from(request.transaction) };
      const timer = setTimeout(() => {
        waiting.delete(timer);
        answer(place, kept, from);
      }, request.delayMs);
      waiting.add(timer);
      return undefined;
    });
  });
  return { close };
}
