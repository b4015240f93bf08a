import { connect, type Socket } from "node:net";
import { hostPort } from "../net/addresses.ts";
import { DEFAULT_MAGIC_HEX, parseMagic } from "../protocol/control-packet.ts";
import { encodePrelude } from "../protocol/tcp-prelude.ts";
import { DirectorUnreachable } from "./query.ts";

/** Where a director's TCP data port is. */
export interface StreamOptions {
  /** IP address or name of the director. */
  readonly host: string;
  readonly port: number;
  /** Names the session that the connection belongs to. Left out: nothing is sent. */
  readonly token?: string;
  /** Must equal the director's controlPacketMagicBytes. Left out: FFFFFFFF5245534554. */
  readonly magicHex?: string;
  /** Milliseconds until the connection stands. Left out: 5000. */
  readonly timeoutMs?: number;
}

/**
 * Connects to a TCP data port and says which session it belongs to. Resolves with the connected
 * socket: what is written goes to the session's backend. The director closes it when the session
 * moves or ends. Rejects with DirectorUnreachable.
 */
export function openStream(options: StreamOptions): Promise<Socket> {
  const { host, port, token, magicHex = DEFAULT_MAGIC_HEX, timeoutMs = 5000 } = options;
  const socket = connect({ host, port, noDelay: true });
  const where = `TCP ${hostPort(host, port)}`;
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      socket.destroy();
      reject(new DirectorUnreachable(`cannot reach ${where}: ${why}`));
    };
    const failed = (error: Error) => fail(error.message);
    const timer = setTimeout(() => fail(`not connected in ${timeoutMs} ms`), timeoutMs);
    socket.once("error", failed);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", failed);
      if (token !== undefined) socket.write(encodePrelude(parseMagic(magicHex), token));
      resolve(socket);
    });
  });
}
