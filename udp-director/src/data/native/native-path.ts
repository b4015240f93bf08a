import { availableParallelism } from "node:os";
import { BindError } from "../../net/bind-error.ts";
import type { Session } from "../../sessions/session.ts";
import type { KernelCounts } from "../kernel/counts.ts";
import type { OfferedRoute, Offload, Offloaded } from "../offload.ts";
import type { BackendSocket, DataSocket, Sockets } from "../sockets.ts";
import type { DataPathError } from "../traffic.ts";
import type { UpstreamEvents } from "../upstream.ts";
import {
  type NativeAddon,
  type NativeTotals,
  PLAIN,
  readTotals,
  SHARE,
  type TOTALS,
} from "./addon.ts";
import {
  type Native,
  NativeBackend,
  type NativeBackends,
  NativeDataSocket,
  systemError,
} from "./native-sockets.ts";
import { readRecords } from "./records.ts";

/** What the native path asks of the other parts. */
export interface NativePathOptions {
  readonly addon: NativeAddon;
  /** First bytes of control packets, which are never forwarded. */
  readonly magic: Uint8Array;
  /** Threads that forward. Left out: one for each processor, `MAX_WORKERS` at most. */
  readonly workers?: number | undefined;
  /** Packets of this address are counted one by one: its sessions stay with JavaScript. */
  readonly limited: (address: string) => boolean;
  /** Packets of the session have passed since the last time. */
  readonly active: (session: Session<unknown>) => void;
  /** What has been forwarded since the last time. */
  readonly forwarded: (since: KernelCounts) => void;
  /** Failures, and packets that were lost with them, since the last time. */
  readonly failed: (error: DataPathError | "queue_full", times: number) => void;
}

/** More than this one network card does not feed. */
const MAX_WORKERS = 16;
/** Packets that wait for JavaScript, of each worker: some 40 ms of what it can take. */
const RING_BYTES = 4 * 1024 * 1024;
/** Records that are taken at a time: more than the largest one. */
const DRAIN_BYTES = 256 * 1024;
/** Times that is done before other events have their turn. */
const MAX_DRAINS = 8;
/** Milliseconds between two looks at what has passed. */
const POLL_MS = 2000;

/**
 * Established sessions without JavaScript, and without a privilege: workers in C (native/) that
 * receive and send in batches. It is both where sockets come from and what sessions are offered
 * to. First packets, control packets and whatever somebody has to look at come up, and are
 * decided on by the session table as ever, in order.
 */
export class NativePath implements Sockets, Offload, NativeBackends {
  readonly native: Native;
  readonly workers: number;
  readonly #options: NativePathOptions;
  readonly #listeners: (NativeDataSocket | undefined)[] = [];
  readonly #backends = new Map<number, NativeBackend>();
  readonly #buffer = Buffer.allocUnsafeSlow(DRAIN_BYTES);
  readonly #active = new Uint32Array(4096);
  readonly #poller: NodeJS.Timeout;
  #ids = 0;
  #directs = 0;
  #closed = false;
  #last: NativeTotals;

  /** Starts the workers. Throws where the machine does not let it. */
  constructor(options: NativePathOptions) {
    this.#options = options;
    const { addon, magic, workers = Math.min(availableParallelism(), MAX_WORKERS) } = options;
    this.workers = workers;
    const engine = addon.start(workers, magic, RING_BYTES, (worker) => this.#drain(worker));
    this.native = { addon, engine };
    this.#last = readTotals(addon, engine);
    this.#poller = setInterval(() => this.poll(), POLL_MS);
    this.#poller.unref();
  }

  /** Flows that the workers forward by themselves. */
  get size(): number {
    return this.#directs;
  }

  async bind(
    address: string,
    port: number,
    setting: string,
    inRange: boolean,
  ): Promise<DataSocket[]> {
    const { addon, engine } = this.native;
    const made: NativeDataSocket[] = [];
    for (let worker = 0; worker < this.workers; worker++) {
      const share = this.workers === 1 ? SHARE.not : worker === 0 ? SHARE.first : SHARE.join;
      const wanted = made[0]?.address().port ?? port;
      const flags = share | (inRange ? PLAIN : 0);
      const listener = addon.listen(engine, worker, address, wanted, flags);
      if (listener < 0) {
        throw new BindError("UDP", address, wanted, setting, systemError(listener).code);
      }
      const socket = new NativeDataSocket(this.native, listener);
      this.#listeners[listener] = socket;
      made.push(socket);
    }
    return made;
  }

  connect(
    from: DataSocket,
    backend: { readonly address: string; readonly port: number },
    _maxQueued: number,
    events: UpstreamEvents,
  ): BackendSocket {
    this.#ids = (this.#ids + 1) >>> 0;
    const made = new NativeBackend(this, from as NativeDataSocket, backend, this.#ids, events);
    this.#backends.set(made.id, made);
    return made;
  }

  offer(route: OfferedRoute): Offloaded | undefined {
    const { session, clientSocket, backendSocket } = route;
    if (this.#options.limited(session.clientAddress)) return undefined;
    const backend = backendSocket as NativeBackend;
    if (!backend.direct(session, clientSocket as NativeDataSocket)) return undefined;
    this.#directs++;
    return backend;
  }

  closed(backend: NativeBackend): void {
    this.#backends.delete(backend.id);
  }

  withdrawn(): void {
    this.#directs--;
  }

  /** Learns which sessions are active and what has passed. */
  poll(): void {
    if (this.#closed) return;
    this.#count();
    const found = this.#findActive();
    // All of them first: hearing of one lets the table look for others that are silent.
    for (const backend of found) backend.fresh = true;
    for (const backend of found) {
      if (backend.active() && backend.session) this.#options.active(backend.session);
    }
  }

  /** Ends the workers and closes their sockets. */
  close(): void {
    if (this.#closed) return;
    this.#count();
    this.#closed = true;
    clearInterval(this.#poller);
    this.native.addon.stop(this.native.engine);
  }

  #findActive(): NativeBackend[] {
    const { addon, engine } = this.native;
    const found: NativeBackend[] = [];
    for (let from = 0, full = true; full; ) {
      const [count, next] = addon.activity(engine, from, this.#active);
      for (const id of this.#active.subarray(0, count)) {
        const backend = this.#backends.get(id);
        if (backend !== undefined) found.push(backend);
      }
      from = next;
      full = count === this.#active.length;
    }
    return found;
  }

  #count(): void {
    const now = readTotals(this.native.addon, this.native.engine);
    const last = this.#last;
    const since = (name: (typeof TOTALS)[number]) => now[name] - last[name];
    const sizesSince = (name: "toBackendSizes" | "toClientSizes") =>
      now[name].map((count, bucket) => count - (last[name][bucket] ?? 0));
    const { forwarded, failed } = this.#options;
    forwarded({
      toBackend: {
        ...{ packets: since("toBackendPackets"), bytes: since("toBackendBytes") },
        sizes: sizesSince("toBackendSizes"),
      },
      toClient: {
        ...{ packets: since("toClientPackets"), bytes: since("toClientBytes") },
        sizes: sizesSince("toClientSizes"),
      },
      limited: 0,
      banned: 0,
    });
    failed("backend_refused", since("backendRefused"));
    failed("backend_send", since("backendFailed"));
    failed("client_send", since("clientFailed"));
    failed("queue_full", since("notHandedUp"));
    this.#last = now;
  }

  #drain(worker: number): void {
    const { addon, engine } = this.native;
    for (let drains = 0; drains < MAX_DRAINS; drains++) {
      if (this.#closed) return;
      const used = addon.drain(engine, worker, this.#buffer);
      if (used === 0) return;
      readRecords(this.#buffer, used, this.#reader);
      // Not before: what follows must not overtake what was read, nor what was decided by it.
      if (!this.#closed) addon.handled(engine, worker);
    }
    setImmediate(() => this.#drain(worker));
  }

  readonly #reader = {
    client: (listener: number, address: string, port: number, payload: Buffer) =>
      this.#listeners[listener]?.packet(payload, address, port),
    backend: (flow: number, payload: Buffer) => this.#backends.get(flow)?.packet(payload),
  };
}
