import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { createServer as createTls } from "node:tls";

/**
 * What the pods of the edge program run, by the first argument:
 *
 * - `ports <tcp from> <tcp to> <udp from> <udp to>`: every port answers with its own number and the
 *   port that it was asked from.
 * - `tls <name>`: says its name over TLS and closes.
 */
const [mode, ...args] = process.argv.slice(2);

if (mode === "ports") {
  const [tcpFrom = 0, tcpTo = 0, udpFrom = 0, udpTo = 0] = args.map(Number);
  for (let port = tcpFrom; port <= tcpTo; port++) {
    createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.end(`${port} ${socket.remotePort}`);
    }).listen(port);
  }
  for (let port = udpFrom; port <= udpTo; port++) {
    const socket = createSocket("udp4");
    socket.on("message", (_, from) => socket.send(`${port} ${from.port}`, from.port, from.address));
    socket.bind(port);
  }
} else if (mode === "tls") {
  const certificate = { key: readFileSync("/tls/tls.key"), cert: readFileSync("/tls/tls.crt") };
  createTls(certificate, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.end(`this is ${args[0]}\n`);
  }).listen(8443);
}
process.on("SIGTERM", () => process.exit());
