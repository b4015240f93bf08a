import type { Socket } from "node:dgram";
import { udpSocket } from "../src/data/udp-socket.ts";

/*
 * The least that node:dgram forwards with: a socket a client, and nothing else. No session ends, no
 * queue has a bound. It shows how far JavaScript can go.
 *
 * node bare-dgram.ts NEAR PORT BACKEND BACKEND-PORT
 */
const [near = "", port = "", backend = "", backendPort = ""] = process.argv.slice(2);

interface Upstream {
  readonly socket: Socket;
  /** Until it is connected. */
  waiting: Buffer[] | undefined;
}

const clients = new Map<string, Upstream>();
const listener = udpSocket(near);

function open(address: string, clientPort: number): Upstream {
  const upstream: Upstream = { socket: udpSocket(backend), waiting: [] };
  const { socket } = upstream;
  socket.on("message", (payload) => listener.send(payload, clientPort, address));
  socket.connect(Number(backendPort), backend, () => {
    for (const payload of upstream.waiting ?? []) socket.send(payload);
    upstream.waiting = undefined;
  });
  return upstream;
}

listener.on("message", (payload, from) => {
  const key = `${from.address}:${from.port}`;
  let upstream = clients.get(key);
  if (upstream === undefined) {
    upstream = open(from.address, from.port);
    clients.set(key, upstream);
  }
  if (upstream.waiting === undefined) upstream.socket.send(payload);
  else upstream.waiting.push(payload);
});
listener.bind(Number(port), near, () => listener.setRecvBufferSize(4 * 1024 * 1024));
