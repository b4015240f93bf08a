import type { Server } from "node:net";
import { BindError, errorCode } from "./bind-error.ts";

/**
 * Makes a server listen and resolves with its port (port 0: a free one). IPv6 sockets never take
 * IPv4. Rejects with a BindError that names `setting` as the thing to change.
 */
export function listenTcp(
  server: Server,
  host: string,
  port: number,
  setting: string,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) =>
      reject(new BindError("TCP", host, port, setting, errorCode(error)));
    server.once("error", failed);
    server.listen({ host, port, exclusive: true, ipv6Only: true }, () => {
      server.off("error", failed);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}
