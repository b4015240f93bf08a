import { bindUdp, udpSocket } from "../data/udp-socket.ts";

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

/**
 * Sends every datagram back, after the label when there is one. Port 0 takes a free port.
 * Rejects with BindError.
 */
export async function startEcho(host: string, port: number, label?: string): Promise<EchoServer> {
  const prefix = echoPrefix(label);
  const socket = udpSocket(host);
  let packets = 0;
  socket.on("message", (payload, from) => {
    packets++;
    const reply = prefix.length === 0 ? payload : Buffer.concat([prefix, payload]);
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
