import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer as createHttp, type RequestListener } from "node:http";
import { createServer as createHttps } from "node:https";
import { createServer } from "node:net";
import { hostname } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { createServer as createTls } from "node:tls";
import { WebSocketServer } from "ws";

/**
 * What the pods of the edge program run, by the first argument:
 *
 * - `ports <tcp from> <tcp to> <udp from> <udp to>`: every port answers with its own number and the
 *   port that it was asked from.
 * - `tls <name>`: says its name over TLS and closes.
 * - `wss`, `ws`: WebSockets on port 8080, with TLS or without; each message comes back behind the
 *   pod's name and `VERSION`. After SIGTERM `GET /` says 503 in the place of 200, and six seconds
 *   later all are told to go.
 */
const [mode, ...args] = process.argv.slice(2);
const certificate = () => ({
  key: readFileSync("/tls/tls.key"),
  cert: readFileSync("/tls/tls.crt"),
});
/**
 * From SIGTERM to the goodbye: two probes have to fail, and Traefik looks at what has changed every
 * two seconds. Until then it sends new connections with this pod's cookie. Milliseconds.
 */
const FAREWELL_MS = 6000;
/** For the closing handshakes. Milliseconds. */
const LAST_WORDS_MS = 1000;

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
  createTls(certificate(), (socket) => {
    socket.on("error", () => socket.destroy());
    socket.end(`this is ${args[0]}\n`);
  }).listen(8443);
} else {
  let leaving = false;
  const ready: RequestListener = (_, response) => response.writeHead(leaving ? 503 : 200).end();
  const server = mode === "wss" ? createHttps(certificate(), ready) : createHttp(ready);
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket) => {
    socket.on("message", (data) => {
      socket.send(`${hostname()} ${process.env.VERSION} ${data}`);
    });
  });
  server.listen(8080);
  process.on("SIGTERM", async () => {
    leaving = true;
    await pause(FAREWELL_MS);
    server.close();
    for (const socket of sockets.clients) socket.close(1001, "the pod leaves");
    await pause(LAST_WORDS_MS);
    process.exit();
  });
}
if (mode !== "ws" && mode !== "wss") process.on("SIGTERM", () => process.exit());
