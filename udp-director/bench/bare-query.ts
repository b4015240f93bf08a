import { createServer } from "node:net";

/*
 * The least that node:net answers a query with: each connection gets the same text for its first
 * bytes, whatever they are. It shows what is left to a director that answers at once.
 *
 * node bare-query.ts ADDRESS PORT
 */
const [address = "", port = ""] = process.argv.slice(2);

const ANSWER = JSON.stringify({
  token: "00000000-0000-4000-8000-000000000000",
  ...{ ttl: 30, directorPorts: { default: 7777 } },
});

const server = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on("error", () => undefined);
  socket.once("data", () => socket.end(ANSWER));
});
server.listen(Number(port), address, () => process.stdout.write("ready\n"));
