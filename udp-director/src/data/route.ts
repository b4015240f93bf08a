import { errorCode } from "../net/bind-error.ts";
import type { Session } from "../sessions/session.ts";
import type { SessionObserver } from "../sessions/session-ports.ts";
import type { OfferedRoute, Offloaded } from "./offload.ts";
import type { BackendSocket } from "./sockets.ts";
import type { TrafficMeter } from "./traffic.ts";
import type { UpstreamEvents } from "./upstream.ts";
import type { Listener } from "./userspace.ts";

/** What all routes of a data path share. */
export interface RouteSurroundings {
  readonly meter: TrafficMeter;
  readonly observer: Pick<SessionObserver, "packetDropped">;
  /** The backend has sent a datagram. */
  received(route: Route, payload: Buffer): void;
  /** Its socket is open, and what waited for that is sent. */
  opened(route: Route): void;
}

/** A session's routes, one for each data port that it uses: the first one, which has the next. */
export type Routes = Route;

/** A session's route on a data port. */
export function routeOn(session: Session<Routes>, dataPort: string): Route | undefined {
  let route = session.attachment;
  while (route !== undefined && route.listener.dataPort !== dataPort) route = route.next;
  return route;
}

/** Makes a route the last one of its session. */
export function addRoute(route: Route): void {
  const { session } = route;
  let last = session.attachment;
  while (last?.next !== undefined) last = last.next;
  if (last === undefined) session.attachment = route;
  else last.next = route;
}

/** Takes a route out of its session's. */
function removeRoute(gone: Route): void {
  const { session } = gone;
  if (session.attachment === gone) session.attachment = gone.next;
  else {
    for (let route = session.attachment; route !== undefined; route = route.next) {
      if (route.next === gone) route.next = gone.next;
    }
  }
}

/**
 * A session's way to its backend on one data port: the backend socket, and the listener that its
 * client used last. One for each session, so it is small: no closure of its own, and no
 * collection for the one route that most sessions have.
 */
export class Route implements UpstreamEvents, OfferedRoute {
  readonly session: Session<Routes>;
  /** The one that its backend belongs to. */
  readonly generation: number;
  readonly backendPort: number;
  listener: Listener;
  /** The session's route on another data port. */
  next: Route | undefined = undefined;
  /** Undefined while its packets pass without it. */
  upstream: BackendSocket | undefined = undefined;
  /** Goes before the next datagram to the backend; undefined: nothing does. */
  header: Uint8Array | undefined = undefined;
  /** Its flow, where it was offered for offloading. */
  offloaded: Offloaded | undefined = undefined;
  readonly #surroundings: RouteSurroundings;

  constructor(
    session: Session<Routes>,
    listener: Listener,
    backendPort: number,
    surroundings: RouteSurroundings,
  ) {
    this.session = session;
    this.generation = session.generation;
    this.listener = listener;
    this.backendPort = backendPort;
    this.#surroundings = surroundings;
  }

  get dataPort(): number {
    return this.listener.socket.address().port;
  }

  get clientSocket() {
    return this.listener.socket;
  }

  /** Only while its socket is open. */
  get backendSocket(): BackendSocket {
    if (this.upstream === undefined) throw new Error("a route without a socket");
    return this.upstream;
  }

  /** Only while its socket is open. */
  get source() {
    const { local } = this.backendSocket;
    if (local === undefined) throw new Error("a route whose socket is not open");
    return local;
  }

  direct(): void {
    this.upstream?.close();
    this.upstream = undefined;
  }

  open(): void {
    this.#surroundings.opened(this);
  }

  packet(payload: Buffer): void {
    this.#surroundings.received(this, payload);
  }

  sent(bytes: number): void {
    this.#surroundings.meter.sent("server", bytes);
  }

  overflow(): void {
    this.#surroundings.observer.packetDropped("queue_full", "client");
  }

  failed(error: Error, fatal: boolean, lostPackets: number): void {
    const { meter, observer } = this.#surroundings;
    const refused = errorCode(error) === "ECONNREFUSED";
    meter.error(fatal ? "backend_socket" : refused ? "backend_refused" : "backend_send");
    for (let lost = 0; lost < lostPackets; lost++) {
      observer.packetDropped("send_failed", "client");
    }
    if (fatal) removeRoute(this);
  }
}
