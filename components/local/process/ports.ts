import { createSocket } from "node:dgram";
import { createServer, isIPv6 } from "node:net";

/** A port that a process is going to listen on. */
export interface ListenPort {
  readonly protocol: "UDP" | "TCP";
  readonly host: string;
  readonly port: number;
  /** What a person changes to move it, for the error message. */
  readonly setting: string;
}

/** One line that says which port is taken and what to do; `undefined` where all are free. */
export async function describeTakenPort(ports: readonly ListenPort[]): Promise<string | undefined> {
  for (const listen of ports) {
    const code = await (listen.protocol === "UDP" ? tryUdp(listen) : tryTcp(listen));
    if (code === "EADDRINUSE") {
      const list = listen.protocol === "UDP" ? "-lunp" : "-ltnp";
      return (
        `${listen.protocol} port ${listen.port} on ${listen.host} is taken by another process: ` +
        `set ${listen.setting} to a free port, or end that process (ss ${list} 'sport = :${listen.port}' names it)`
      );
    }
    if (code !== undefined) {
      return `${listen.protocol} port ${listen.port} on ${listen.host} cannot be used (${code}): change ${listen.setting}`;
    }
  }
  return undefined;
}

function tryUdp({ host, port }: ListenPort): Promise<string | undefined> {
  const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
  return new Promise((resolve) => {
    socket.once("error", (error: NodeJS.ErrnoException) => {
      socket.close();
      resolve(error.code ?? error.message);
    });
    socket.bind(port, host, () => socket.close(() => resolve(undefined)));
  });
}

function tryTcp({ host, port }: ListenPort): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
