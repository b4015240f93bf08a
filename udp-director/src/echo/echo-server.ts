import type { RemoteInfo, Socket } from "node:dgram";
import { bindUdp, udpSocket } from "../data/udp-socket.ts";
import type { Transport } from "../nat/nat-packet.ts";
import { startNatResponder } from "../nat/responder.ts";
import { hostPort } from "../net/addresses.ts";
import { readProxyHeader } from "../protocol/proxy-header.ts";

/** A UDP echo server, the backend to try a director with. */
export interface EchoServer {
  readonly port: number;
  /** Packets answered so far. */
  readonly packets: number;
  close(): void;
}

/** Text in front of an echoed payload: `label` and one space; nothing without a label. */
export function echoPrefix(label: string | undefined): Buffer {
  return Buffer.from(label === undefined || label === "" ? "" : `${label} `);
}

/** A datagram behind its PROXY protocol header, after the client that the header names. */
export function unwrapped(payload: Buffer): Buffer {
  const read = readProxyHeader(payload);
  if (typeof read === "string") return payload;
  const { source } = read.header ?? {};
  const client = source === undefined ? "" : `${hostPort(source.address, source.port)} `;
  return Buffer.concat([Buffer.from(client), payload.subarray(read.end)]);
}

/**
 * Sends every datagram back, after the label when there is one. Port 0 takes a free port. With
 * `proxyProtocol` a header is taken off and the client that it names is told before the payload.
 * With `other`, an address and port besides its own, it is there as well and answers who asks for
 * the NAT in front of them. Rejects with BindError.
 */
export async function startEcho(
  host: string,
  port: number,
  label?: string,
  proxyProtocol = false,
  other?: Transport,
): Promise<EchoServer> {
  const prefix = echoPrefix(label);
  const socket = udpSocket(host);
  let packets = 0;
  const echo = (by: Socket, payload: Buffer, from: RemoteInfo) => {
    packets++;
    const body = proxyProtocol ? unwrapped(payload) : payload;
    const reply = prefix.length === 0 ? body : Buffer.concat([prefix, body]);
    by.send(reply, from.port, from.address, () => undefined);
  };
  if (other === undefined) socket.on("message", (payload, from) => echo(socket, payload, from));
  await bindUdp(socket, host, port, "--port");
  const responder =
    other === undefined
      ? undefined
      : await startNatResponder(socket, other, echo).catch((error: unknown) => {
          socket.close();
          throw error;
        });
  // After bind, an error is about one packet (such as EMSGSIZE); the next one may do.
  socket.on("error", () => undefined);
  return {
    port: socket.address().port,
    get packets() {
      return packets;
    },
    close() {
      responder?.close();
      socket.close();
    },
  };
}
