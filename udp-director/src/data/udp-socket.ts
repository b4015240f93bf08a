import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { BindError, errorCode } from "../net/bind-error.ts";

/**
 * The look-up that dgram does before every send. Addresses are literals already, and answering
 * within the call keeps packets in order and saves a turn of the event loop each.
 */
const literalLookup = (
  hostname: string,
  _options: unknown,
  callback: (error: Error | null, address: string, family: number) => void,
): void => callback(null, hostname, isIPv6(hostname) ? 6 : 4);

/** An unbound UDP socket of the family of `address`. IPv6 sockets never take IPv4. */
export function udpSocket(address: string): Socket {
  return isIPv6(address)
    ? createSocket({ type: "udp6", ipv6Only: true, lookup: literalLookup })
    : createSocket({ type: "udp4", lookup: literalLookup });
}

/**
 * Binds a socket. Port 0 takes a free port. A failure closes the socket and rejects with a
 * BindError that names `setting` as the thing to change.
 */
export function bindUdp(
  socket: Socket,
  address: string,
  port: number,
  setting: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => {
      socket.close();
      reject(new BindError("UDP", address, port, setting, errorCode(error)));
    };
    socket.once("error", failed);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off("error", failed);
      resolve();
    });
  });
}
