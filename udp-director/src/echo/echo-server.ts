import { bindUdp, udpSocket } from "../data/udp-socket.ts";
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
 * Rejects with BindError.
 */
export async function startEcho(
  host: string,
  port: number,
  label?: string,
  proxyProtocol = false,
): Promise<EchoServer> {
  const prefix = echoPrefix(label);
  const socket = udpSocket(host);
  let packets = 0;
  socket.on("message", (payload, from) => {
    packets++;
    const body = proxyProtocol ? unwrapped(payload) : payload;
    const reply = prefix.length === 0 ? body : Buffer.concat([prefix, body]);
    socket.send(reply, from.port, from.address, () => undefined);
  });
  await bindUdp(socket, host, port, "--port");
  // After bind, an error is about one packet (such as EMSGSIZE); the next one may do.
  socket.on("error", () => undefined);
  return {
    port: socket.address().port,
    get packets() {
      return packets;
    },
    close: () => void socket.close(),
  };
}
