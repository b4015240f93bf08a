import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";

/**
 * The address that this host's packets to `address` come from, as its routes have it. Nothing is
 * sent. Resolves with the wildcard where there is no way to it.
 */
export function sourceTowards(address: string): Promise<string> {
  const six = isIPv6(address);
  const socket = createSocket(six ? "udp6" : "udp4");
  return new Promise((resolve) => {
    const end = (source: string) => {
      socket.close();
      resolve(source);
    };
    socket.once("error", () => end(six ? "::" : "0.0.0.0"));
    // Port 9 is discard (RFC 863); which port it is makes no difference to the route.
    socket.connect(9, address, (error?: Error | null) => {
      end(error ? (six ? "::" : "0.0.0.0") : socket.address().address);
    });
  });
}
