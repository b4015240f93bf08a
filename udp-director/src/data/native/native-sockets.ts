import { type AddressInfo, isIPv6 } from "node:net";
import { getSystemErrorName } from "node:util";
import type { Session } from "../../sessions/session.ts";
import type { Offloaded } from "../offload.ts";
import type { BackendSocket, DataSocket, DataSocketEvents } from "../sockets.ts";
import type { UpstreamEvents } from "../upstream.ts";
import type { NativeAddon, NativeEngine, NativePlace } from "./addon.ts";

/** The addon with its engine. */
export interface Native {
  readonly addon: NativeAddon;
  readonly engine: NativeEngine;
}

/** A failure as node:dgram would tell it. `result`: a negative errno value. */
export function systemError(result: number): Error & { readonly code: string } {
  const code = getSystemErrorName(result);
  return Object.assign(new Error(code), { code });
}

function addressInfo(place: NativePlace): AddressInfo {
  if (typeof place === "number") throw systemError(place);
  const [address, port] = place;
  return { address, port, family: isIPv6(address) ? "IPv6" : "IPv4" };
}

/** One worker's socket of a data port. */
export class NativeDataSocket implements DataSocket {
  readonly listener: number;
  readonly #native: Native;
  readonly #address: AddressInfo;
  #events: DataSocketEvents | undefined;

  constructor(native: Native, listener: number) {
    this.#native = native;
    this.listener = listener;
    this.#address = addressInfo(native.addon.listenerPlace(native.engine, listener));
  }

  address(): AddressInfo {
    return this.#address;
  }

  receive(events: DataSocketEvents): void {
    this.#events = events;
    const { addon, engine } = this.#native;
    if (addon.receive(engine, this.listener) < 0) events.failed();
  }

  /** The worker has handed a datagram up. */
  packet(payload: Buffer, address: string, port: number): void {
    this.#events?.packet(payload, address, port);
  }

  send(payload: Uint8Array, port: number, address: string, done: (error: Error | null) => void) {
    const { addon, engine } = this.#native;
    const result = addon.answer(engine, this.listener, address, port, payload);
    done(result < 0 ? systemError(result) : null);
  }

  close(): void {
    this.#events = undefined;
    this.#native.addon.deafen(this.#native.engine, this.listener);
  }
}

/**
 * A socket towards a backend: it opens, and sends, within the call. Its packets come up until it
 * is offered and accepted; from then on it is its own `Offloaded`. One for each session: small.
 */
export class NativeBackend implements BackendSocket, Offloaded {
  readonly id: number;
  /** Set when it is offered. */
  session: Session<unknown> | undefined = undefined;
  /** Packets have passed, and nobody has been told yet. */
  fresh = false;
  readonly #owner: NativeBackends;
  readonly #events: UpstreamEvents;
  readonly #flow: number;
  #port: number | undefined = undefined;
  #lost = 0;
  #closed = false;

  constructor(
    owner: NativeBackends,
    from: NativeDataSocket,
    backend: { readonly address: string; readonly port: number },
    id: number,
    events: UpstreamEvents,
  ) {
    this.id = id;
    this.#owner = owner;
    this.#events = events;
    const { addon, engine } = owner.native;
    this.#flow = addon.connect(engine, from.listener, backend.address, backend.port, id);
    if (this.#flow < 0) {
      // Not within the call: its owner does not have it yet.
      queueMicrotask(() => this.#fail());
    }
  }

  get local(): AddressInfo | undefined {
    if (this.#flow < 0 || this.#closed) return undefined;
    const { addon, engine } = this.#owner.native;
    return addressInfo(addon.flowPlace(engine, this.#flow));
  }

  get localPort(): number | undefined {
    this.#port ??= this.local?.port;
    return this.#port;
  }

  get source(): AddressInfo {
    const { local } = this;
    if (local === undefined) throw new Error("a flow without a socket");
    return local;
  }

  send(payload: Uint8Array): void {
    if (this.#closed) return;
    if (this.#flow < 0) {
      this.#lost++;
      return;
    }
    const { addon, engine } = this.#owner.native;
    const result = addon.send(engine, this.#flow, payload);
    if (result >= 0) this.#events.sent(payload.length);
    if (result > 0) this.#events.failed(refused(), false, 0);
    if (result < 0) this.#events.failed(systemError(result), false, 1);
  }

  /** The worker has handed a datagram up. */
  packet(payload: Buffer): void {
    this.#events.packet(payload);
  }

  /** Has the workers forward between the client and the backend; false where they cannot. */
  direct(session: Session<unknown>, from: NativeDataSocket): boolean {
    if (this.#flow < 0 || this.#closed) return false;
    const { addon, engine } = this.#owner.native;
    const { clientAddress: address, clientPort: port } = session;
    const directed = addon.direct(engine, this.#flow, from.listener, address, port) >= 0;
    if (directed) this.session = session;
    return directed;
  }

  /** At once, but for what the workers have in their hands. */
  async withdraw(): Promise<void> {
    if (this.session === undefined) return;
    this.session = undefined;
    this.#owner.withdrawn();
    const { addon, engine } = this.#owner.native;
    if (!this.#closed) addon.hold(engine, this.#flow);
  }

  active(): boolean {
    if (this.fresh) {
      this.fresh = false;
      return true;
    }
    const { addon, engine } = this.#owner.native;
    return !this.#closed && addon.active(engine, this.#flow);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#flow < 0) return;
    this.#owner.closed(this);
    const { addon, engine } = this.#owner.native;
    addon.close(engine, this.#flow);
  }

  #fail(): void {
    if (this.#closed) return;
    this.close();
    this.#events.failed(systemError(this.#flow), true, this.#lost);
  }
}

/** Who has them all. */
export interface NativeBackends {
  readonly native: Native;
  closed(backend: NativeBackend): void;
  withdrawn(): void;
}

const refused = () => Object.assign(new Error("ECONNREFUSED"), { code: "ECONNREFUSED" });
