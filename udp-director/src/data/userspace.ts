import type { Socket } from "node:dgram";
import { errorCode } from "../net/bind-error.ts";
import { listenOnEach } from "../net/each-address.ts";
import { encodeAck } from "../protocol/ack-packet.ts";
import { encodeChallenge } from "../protocol/challenge-packet.ts";
import { encodeProxyHeader } from "../protocol/proxy-header.ts";
import type { Session } from "../sessions/session.ts";
import type { Ingress, SessionExecutor, SessionObserver } from "../sessions/session-ports.ts";
import type { TrafficMeter } from "./traffic.ts";
import { bindUdp, udpSocket } from "./udp-socket.ts";
import { Upstream } from "./upstream.ts";

/** A bound data port socket. */
export interface Listener extends Ingress {
  /** Listen address that the socket is bound to. */
  readonly address: string;
  readonly socket: Socket;
  readonly sendDone: (error: Error | null) => void;
}

/** A session's backend socket and the listener that its client used last. */
interface Route {
  readonly upstream: Upstream;
  listener: Listener;
  /** Goes before the next datagram to the backend; undefined: nothing does. */
  header: Uint8Array | undefined;
}

/** A session's routes by data port. */
export type Routes = Map<string, Route>;

/** What the data path tells the session table. */
export interface PacketSink {
  onDatagram(
    now: number,
    listener: Listener,
    address: string,
    port: number,
    payload: Uint8Array,
  ): void;
  onBackendDatagram(
    now: number,
    session: Session<Routes>,
    generation: number,
    dataPort: string,
    payload: Uint8Array,
  ): void;
}

/** What the data path needs from outside. */
export interface UserspaceOptions {
  /** Packets that wait per route while its socket opens. */
  readonly maxQueuedPackets: number;
  /** First bytes of acknowledgements and challenges, as of control packets. */
  readonly magic: Uint8Array;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly meter: TrafficMeter;
  readonly observer: Pick<SessionObserver, "packetDropped">;
  /** A line for the log; rare events only. */
  readonly note: (message: string) => void;
}

/** Bytes asked for as receive buffer of a data port; the kernel may grant less. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** What tells the session's backend who its client is, where it wants to know. */
function proxyHeader(session: Session<Routes>, listener: Listener): Uint8Array | undefined {
  if (session.target.proxyProtocol === undefined) return undefined;
  return encodeProxyHeader({
    transport: "udp",
    source: { address: session.clientAddress, port: session.clientPort },
    destination: { address: listener.address, port: listener.socket.address().port },
  });
}

/**
 * Data path on node:dgram: executes the session table's decisions with ordinary sockets and
 * needs no privilege. Packets of one client keep their order: one socket in, one socket out.
 */
export class UserspaceDataPath implements SessionExecutor<Routes, Listener> {
  readonly #options: UserspaceOptions;
  readonly #listeners: Listener[] = [];
  #sink: PacketSink | undefined;

  constructor(options: UserspaceOptions) {
    this.#options = options;
  }

  /** Where datagrams go. Set before the first `listen`. */
  set sink(sink: PacketSink) {
    this.#sink = sink;
  }

  /**
   * Binds a data port on every address and returns the port (port 0: a free one, the same on
   * all addresses). `::` is skipped with a note where the host has no IPv6.
   * Rejects with BindError; sockets bound so far stay until `close`. `inRange`: a port of a port
   * range, and `dataPort` is the range's name.
   */
  async listen(
    dataPort: string,
    addresses: readonly string[],
    port: number,
    setting: string,
    inRange = false,
  ): Promise<number> {
    let sockets = 0;
    const { note } = this.#options;
    const bound = await listenOnEach(
      addresses,
      port,
      "data port",
      note,
      async (address, wanted) => {
        const socket = udpSocket(address);
        await bindUdp(socket, address, wanted, setting);
        sockets++;
        const { port: got } = socket.address();
        this.#adopt(dataPort, address, socket, inRange ? got : undefined);
        return got;
      },
    );
    if (sockets === 0) throw new Error(`data port ${dataPort} has no address to listen on`);
    return bound;
  }

  /** The ports that a session's backend sees, by data port; only of sockets that are open. */
  localPorts(session: Session<unknown>): Record<string, number> {
    const routes = session.attachment as Routes | undefined;
    const ports: Record<string, number> = {};
    for (const [dataPort, { upstream }] of routes ?? []) {
      if (upstream.localPort !== undefined) ports[dataPort] = upstream.localPort;
    }
    return ports;
  }

  /** The director's own sockets of a session on a data port: towards its client, its backend. */
  socketsOf(session: Session<unknown>, dataPort: string) {
    const route = (session.attachment as Routes | undefined)?.get(dataPort);
    if (route === undefined) return undefined;
    return { listener: route.listener.socket.address(), upstream: route.upstream.local };
  }

  /** Closes the data ports. Sessions are closed by the table. */
  close(): void {
    for (const listener of this.#listeners.splice(0)) listener.socket.close();
  }

  openSession(session: Session<Routes>): void {
    session.attachment = new Map();
  }

  forwardToBackend(
    session: Session<Routes>,
    listener: Listener,
    backendPort: number,
    payload: Uint8Array,
  ): void {
    let route = session.attachment?.get(listener.dataPort);
    if (route === undefined) route = this.#openRoute(session, listener, backendPort);
    else route.listener = listener;
    const { header } = route;
    if (header === undefined) route.upstream.send(payload);
    else {
      route.upstream.send(Buffer.concat([header, payload]));
      if (session.target.proxyProtocol === "first") route.header = undefined;
    }
  }

  forwardToClient(session: Session<Routes>, dataPort: string, payload: Uint8Array): void {
    const listener = session.attachment?.get(dataPort)?.listener;
    if (listener === undefined) return;
    const { socket, sendDone } = listener;
    socket.send(payload, session.clientPort, session.clientAddress, sendDone);
    this.#options.meter.sent("client", payload.length);
  }

  retarget(session: Session<Routes>): void {
    this.#closeRoutes(session);
  }

  /** Until the client has sent to them again, its other data ports answer on the same address. */
  rebind(session: Session<Routes>, { address }: Listener): void {
    for (const [dataPort, route] of session.attachment ?? []) {
      const same = this.#listeners.find(
        (listener) => listener.dataPort === dataPort && listener.address === address,
      );
      if (same === undefined) continue;
      route.listener = same;
      route.header = proxyHeader(session, same);
    }
  }

  closeSession(session: Session<Routes>): void {
    this.#closeRoutes(session);
    session.attachment = undefined;
  }

  acknowledge(session: Session<Routes>, listener: Listener, token: string): void {
    const { socket, sendDone } = listener;
    const packet = encodeAck(this.#options.magic, token);
    socket.send(packet, session.clientPort, session.clientAddress, sendDone);
    this.#options.meter.sent("client", packet.length);
  }

  challenge({ socket, sendDone }: Listener, address: string, port: number, cookie: Uint8Array) {
    const packet = encodeChallenge(this.#options.magic, cookie);
    socket.send(packet, port, address, sendDone);
    this.#options.meter.sent("client", packet.length);
  }

  #adopt(dataPort: string, address: string, socket: Socket, rangePort: number | undefined): void {
    const { meter, now, observer } = this.#options;
    const sendDone = (error: Error | null) => {
      if (error === null) return;
      meter.error("client_send");
      observer.packetDropped("send_failed", "server");
    };
    const listener: Listener = { dataPort, rangePort, address, socket, sendDone };
    this.#listeners.push(listener);
    socket.on("message", (payload, from) => {
      meter.received("client", payload.length);
      this.#sink?.onDatagram(now(), listener, from.address, from.port, payload);
    });
    socket.on("error", () => meter.error("data_socket"));
    try {
      socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
    } catch {
      this.#options.note(`data port ${dataPort} keeps the system's default receive buffer`);
    }
  }

  #openRoute(session: Session<Routes>, listener: Listener, backendPort: number): Route {
    const { maxQueuedPackets, meter, now, observer } = this.#options;
    const { generation } = session;
    const { dataPort } = listener;
    const upstream = new Upstream(session.target.address, backendPort, maxQueuedPackets, {
      packet: (payload) => {
        meter.received("server", payload.length);
        this.#sink?.onBackendDatagram(now(), session, generation, dataPort, payload);
      },
      sent: (bytes) => meter.sent("server", bytes),
      overflow: () => observer.packetDropped("queue_full", "client"),
      failed: (error, fatal, lostPackets) => {
        const refused = errorCode(error) === "ECONNREFUSED";
        meter.error(fatal ? "backend_socket" : refused ? "backend_refused" : "backend_send");
        for (let lost = 0; lost < lostPackets; lost++) {
          observer.packetDropped("send_failed", "client");
        }
        if (fatal && session.attachment?.get(dataPort)?.upstream === upstream) {
          session.attachment.delete(dataPort);
        }
      },
    });
    const route: Route = { upstream, listener, header: proxyHeader(session, listener) };
    session.attachment?.set(dataPort, route);
    return route;
  }

  #closeRoutes(session: Session<Routes>): void {
    for (const route of session.attachment?.values() ?? []) route.upstream.close();
    session.attachment?.clear();
  }
}
