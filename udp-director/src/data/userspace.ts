import { isIPv6 } from "node:net";
import { listenOnEach } from "../net/each-address.ts";
import { encodeAck } from "../protocol/ack-packet.ts";
import { encodeChallenge } from "../protocol/challenge-packet.ts";
import { encodeProxyHeader } from "../protocol/proxy-header.ts";
import type { Session } from "../sessions/session.ts";
import type { Ingress, SessionExecutor, SessionObserver } from "../sessions/session-ports.ts";
import { continues } from "./continues.ts";
import { dgramSockets } from "./dgram-sockets.ts";
import type { FoundRoute, Offload } from "./offload.ts";
import { addRoute, Route, type RouteSurroundings, type Routes, routeOn } from "./route.ts";
import type { BackendSocket, DataSocket, Sockets } from "./sockets.ts";
import type { TrafficMeter } from "./traffic.ts";
import type { OwnPorts } from "./upstream.ts";

/** A bound data port socket. */
export interface Listener extends Ingress {
  /** Listen address that the socket is bound to. */
  readonly address: string;
  readonly socket: DataSocket;
  readonly sendDone: (error: Error | null) => void;
}

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

/** A session's routes, in the order in which its client came to their data ports. */
function* routesOf(session: Session<unknown>): Generator<Route> {
  for (let route = session.attachment as Routes | undefined; route; route = route.next) yield route;
}

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
 * Data path in userspace: executes the session table's decisions with ordinary sockets and needs
 * no privilege. Packets of one client keep their order: one socket in, one socket out.
 */
export class UserspaceDataPath implements SessionExecutor<Routes, Listener> {
  readonly #options: UserspaceOptions;
  readonly #listeners: Listener[] = [];
  readonly #surroundings: RouteSurroundings;
  #sockets: Sockets;
  #sink: PacketSink | undefined;
  #offload: Offload | undefined;
  #ownPorts: OwnPorts | undefined;

  constructor(options: UserspaceOptions) {
    this.#options = options;
    this.#sockets = dgramSockets(options.note);
    this.#surroundings = {
      meter: options.meter,
      observer: options.observer,
      received: (route, payload) => {
        const { dataPort } = route.listener;
        options.meter.received("server", payload.length);
        const { session, generation } = route;
        this.#sink?.onBackendDatagram(options.now(), session, generation, dataPort, payload);
      },
      opened: (route) => this.#offer(route),
    };
  }

  /** Whose sockets it uses; node:dgram's unless told otherwise. Set before the first `listen`. */
  set sockets(sockets: Sockets) {
    this.#sockets = sockets;
  }

  /** Where datagrams go. Set before the first `listen`. */
  set sink(sink: PacketSink) {
    this.#sink = sink;
  }

  /** Sessions that are open from now on are offered to it. */
  set offload(offload: Offload) {
    this.#offload = offload;
    this.#ownPorts = offload.ownPorts;
  }

  /** Where sockets towards backends are bound until there is an offload that says so. */
  set ownPorts(ownPorts: OwnPorts | undefined) {
    this.#ownPorts = ownPorts;
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
        const bound = await this.#sockets.bind(address, wanted, setting, inRange);
        sockets += bound.length;
        let got = wanted;
        for (const socket of bound) {
          got = socket.address().port;
          this.#listen(dataPort, address, socket, inRange ? got : undefined);
        }
        return got;
      },
    );
    if (sockets === 0) throw new Error(`data port ${dataPort} has no address to listen on`);
    return bound;
  }

  /**
   * Gives what something faster still forwards back to the sessions whose it is: nothing is
   * opened, and no backend notices. `adopted` hears of each session. Returns the others: of no
   * session, or of one that leads elsewhere or has another way by now. Of several listen addresses
   * of the client's IP version the first one counts as its own until it sends to another.
   */
  adopt(
    found: readonly FoundRoute[],
    sessionOf: (address: string, port: number, rangePort?: number) => Session<Routes> | undefined,
    adopted: (session: Session<Routes>) => void,
  ): FoundRoute[] {
    const placeOf = (address: string, port: number) => `${isIPv6(address) ? 6 : 4} ${port}`;
    const listeners = new Map<string, Listener>();
    for (const listener of this.#listeners.toReversed()) {
      listeners.set(placeOf(listener.address, listener.socket.address().port), listener);
    }
    return found.filter((one) => {
      const { client, dataPort } = one;
      const listener = listeners.get(placeOf(client.address, dataPort));
      if (listener === undefined) return true;
      const session = sessionOf(client.address, client.port, listener.rangePort);
      if (session === undefined || !this.#adoptRoute(one, session, listener)) return true;
      adopted(session);
      return false;
    });
  }

  /** The ports that a session's backend sees, by data port; only of sockets that are open. */
  localPorts(session: Session<unknown>): Record<string, number> {
    const ports: Record<string, number> = {};
    for (const { listener, upstream, offloaded } of routesOf(session)) {
      const port = upstream?.localPort ?? offloaded?.source.port;
      if (port !== undefined) ports[listener.dataPort] = port;
    }
    return ports;
  }

  /** The director's own sockets of a session on a data port: towards its client, its backend. */
  socketsOf(session: Session<unknown>, dataPort: string) {
    const route = routeOn(session as Session<Routes>, dataPort);
    if (route === undefined) return undefined;
    return { listener: route.listener.socket.address(), upstream: route.upstream?.local };
  }

  /** Closes the data ports. Sessions are closed by the table. */
  close(): void {
    for (const listener of this.#listeners.splice(0)) listener.socket.close();
  }

  openSession(): void {
    // Its first packet opens a route.
  }

  forwardToBackend(
    session: Session<Routes>,
    listener: Listener,
    backendPort: number,
    payload: Uint8Array,
  ): void {
    let route = routeOn(session, listener.dataPort);
    if (route === undefined) route = this.#openRoute(session, listener, backendPort);
    else route.listener = listener;
    const { header, upstream = this.#takeBack(route) } = route;
    if (header === undefined) upstream.send(payload);
    else {
      upstream.send(Buffer.concat([header, payload]));
      if (session.target.proxyProtocol === "first") route.header = undefined;
    }
    if (this.#offload && route.offloaded === undefined) this.#offer(route);
  }

  forwardToClient(session: Session<Routes>, dataPort: string, payload: Uint8Array): void {
    const listener = routeOn(session, dataPort)?.listener;
    if (listener === undefined) return;
    const { socket, sendDone } = listener;
    socket.send(payload, session.clientPort, session.clientAddress, sendDone);
    this.#options.meter.sent("client", payload.length);
  }

  /** True when packets of the session have passed of which nobody has been told. */
  passedUnseen(session: Session<Routes>): boolean {
    for (const { offloaded } of routesOf(session)) {
      if (offloaded?.active?.()) return true;
    }
    return false;
  }

  retarget(session: Session<Routes>): void {
    this.#closeRoutes(session);
  }

  /** Has sockets forward all of a session's packets, so that they can be looked at. */
  hold(session: Session<unknown>): void {
    for (const route of routesOf(session)) this.#takeBack(route);
  }

  /** Until the client has sent to them again, its other data ports answer on the same address. */
  rebind(session: Session<Routes>, { address }: Listener): void {
    this.hold(session);
    for (const route of routesOf(session)) {
      const { dataPort } = route.listener;
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

  #listen(
    dataPort: string,
    address: string,
    socket: DataSocket,
    rangePort: number | undefined,
  ): void {
    const { meter, now, observer } = this.#options;
    const sendDone = (error: Error | null) => {
      if (error === null) return;
      meter.error("client_send");
      observer.packetDropped("send_failed", "server");
    };
    const listener: Listener = { dataPort, rangePort, address, socket, sendDone };
    this.#listeners.push(listener);
    socket.receive({
      packet: (payload, from, port) => {
        meter.received("client", payload.length);
        this.#sink?.onDatagram(now(), listener, from, port, payload);
      },
      failed: () => meter.error("data_socket"),
    });
  }

  #openRoute(session: Session<Routes>, listener: Listener, backendPort: number): Route {
    const route = new Route(session, listener, backendPort, this.#surroundings);
    route.header = proxyHeader(session, listener);
    route.upstream = this.#openUpstream(route, this.#ownPorts);
    addRoute(route);
    return route;
  }

  #adoptRoute(found: FoundRoute, session: Session<Routes>, listener: Listener): boolean {
    const { dataPort } = listener;
    const taken = routeOn(session, dataPort) !== undefined;
    if (taken || !continues(found, session, dataPort)) return false;
    const route = new Route(session, listener, found.backend.port, this.#surroundings);
    route.offloaded = found.claim(session);
    addRoute(route);
    // Answers still come to a socket, which has to be there.
    if (!found.direct) this.#takeBack(route);
    return true;
  }

  #openUpstream(route: Route, ownPorts: OwnPorts | undefined): BackendSocket {
    const { listener, backendPort: port, session } = route;
    const { address } = session.target;
    const { maxQueuedPackets } = this.#options;
    const from = listener.socket;
    return this.#sockets.connect(from, { address, port }, maxQueuedPackets, route, ownPorts);
  }

  /** Offers a route of a session that nobody looks at, of a client that is known to be there. */
  #offer(route: Route): void {
    const { header, offloaded, session, upstream } = route;
    const ready = session.proven && session.tap === undefined && header === undefined;
    if (!this.#offload || !ready || offloaded !== undefined || session.closed) return;
    if (upstream?.localPort === undefined) return;
    route.offloaded = this.#offload.offer(route);
  }

  /** The socket of a route, with the port that it had. Nobody else forwards its packets now. */
  #takeBack(route: Route): BackendSocket {
    const { offloaded } = route;
    if (offloaded !== undefined) {
      route.offloaded = undefined;
      const free = offloaded.withdraw();
      const { port } = offloaded.source;
      // Answers to what the socket sends have to come to it.
      route.upstream ??= this.#openUpstream(route, { next: () => port, free });
    }
    route.upstream ??= this.#openUpstream(route, this.#ownPorts);
    return route.upstream;
  }

  #closeRoutes(session: Session<Routes>): void {
    for (const { upstream, offloaded } of routesOf(session)) {
      void offloaded?.withdraw();
      upstream?.close();
    }
    session.attachment = undefined;
  }
}
