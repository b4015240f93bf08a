import type { Socket } from "node:dgram";
import { errorCode } from "../net/bind-error.ts";
import { listenOnEach } from "../net/each-address.ts";
import { encodeAck } from "../protocol/ack-packet.ts";
import { encodeChallenge } from "../protocol/challenge-packet.ts";
import { encodeProxyHeader } from "../protocol/proxy-header.ts";
import type { Session } from "../sessions/session.ts";
import type { Ingress, SessionExecutor, SessionObserver } from "../sessions/session-ports.ts";
import type { Offload, Offloaded } from "./offload.ts";
import type { TrafficMeter } from "./traffic.ts";
import { bindUdp, udpSocket } from "./udp-socket.ts";
import { type OwnPorts, Upstream, type UpstreamEvents } from "./upstream.ts";

/** A bound data port socket. */
export interface Listener extends Ingress {
  /** Listen address that the socket is bound to. */
  readonly address: string;
  readonly socket: Socket;
  readonly sendDone: (error: Error | null) => void;
}

/** A session's backend socket and the listener that its client used last. */
interface Route {
  /** Undefined while its packets pass without it. */
  upstream: Upstream | undefined;
  readonly backendPort: number;
  listener: Listener;
  /** Goes before the next datagram to the backend; undefined: nothing does. */
  header: Uint8Array | undefined;
  /** Its flow, where it was offered for offloading. */
  offloaded: Offloaded | undefined;
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
  #offload: Offload | undefined;

  constructor(options: UserspaceOptions) {
    this.#options = options;
  }

  /** Where datagrams go. Set before the first `listen`. */
  set sink(sink: PacketSink) {
    this.#sink = sink;
  }

  /** Sessions that are open from now on are offered to it. */
  set offload(offload: Offload) {
    this.#offload = offload;
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
    for (const [dataPort, { upstream, offloaded }] of routes ?? []) {
      const port = upstream?.localPort ?? offloaded?.source.port;
      if (port !== undefined) ports[dataPort] = port;
    }
    return ports;
  }

  /** The director's own sockets of a session on a data port: towards its client, its backend. */
  socketsOf(session: Session<unknown>, dataPort: string) {
    const route = (session.attachment as Routes | undefined)?.get(dataPort);
    if (route === undefined) return undefined;
    return { listener: route.listener.socket.address(), upstream: route.upstream?.local };
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
    const { header, upstream = this.#takeBack(session, route) } = route;
    if (header === undefined) upstream.send(payload);
    else {
      upstream.send(Buffer.concat([header, payload]));
      if (session.target.proxyProtocol === "first") route.header = undefined;
    }
    if (this.#offload && route.offloaded === undefined) this.#offer(session, route);
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

  /** Has sockets forward all of a session's packets, so that they can be looked at. */
  hold(session: Session<unknown>): void {
    for (const route of (session.attachment as Routes | undefined)?.values() ?? []) {
      this.#takeBack(session as Session<Routes>, route);
    }
  }

  /** Until the client has sent to them again, its other data ports answer on the same address. */
  rebind(session: Session<Routes>, { address }: Listener): void {
    this.hold(session);
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
    const route: Route = {
      upstream: undefined,
      backendPort,
      listener,
      header: proxyHeader(session, listener),
      offloaded: undefined,
    };
    route.upstream = this.#openUpstream(session, route, this.#offload?.ownPorts);
    session.attachment?.set(listener.dataPort, route);
    return route;
  }

  #openUpstream(session: Session<Routes>, route: Route, ownPorts: OwnPorts | undefined): Upstream {
    const { maxQueuedPackets, meter, now, observer } = this.#options;
    const { generation, target } = session;
    const { dataPort } = route.listener;
    const events: UpstreamEvents = {
      open: () => this.#offer(session, route),
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
    };
    const upstream = new Upstream(
      target.address,
      route.backendPort,
      maxQueuedPackets,
      events,
      ownPorts,
    );
    return upstream;
  }

  /** Offers a route of a session that nobody looks at, of a client that is known to be there. */
  #offer(session: Session<Routes>, route: Route): void {
    const offload = this.#offload;
    const source = route.upstream?.local;
    const ready = session.proven && session.tap === undefined && route.header === undefined;
    if (!offload || !source || !ready || route.offloaded !== undefined || session.closed) return;
    const { port } = route.listener.socket.address();
    const { backendPort } = route;
    route.offloaded = offload.offer({ session, dataPort: port, backendPort, source }, () => {
      route.upstream?.close();
      route.upstream = undefined;
    });
  }

  /** The socket of a route, with the port that it had. Nobody else forwards its packets now. */
  #takeBack(session: Session<Routes>, route: Route): Upstream {
    const { offloaded } = route;
    if (offloaded !== undefined) {
      route.offloaded = undefined;
      const free = offloaded.withdraw();
      const { port } = offloaded.source;
      // Answers to what the socket sends have to come to it.
      route.upstream ??= this.#openUpstream(session, route, { next: () => port, free });
    }
    route.upstream ??= this.#openUpstream(session, route, this.#offload?.ownPorts);
    return route.upstream;
  }

  #closeRoutes(session: Session<Routes>): void {
    for (const { upstream, offloaded } of session.attachment?.values() ?? []) {
      void offloaded?.withdraw();
      upstream?.close();
    }
    session.attachment?.clear();
  }
}
