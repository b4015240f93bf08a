import type { AddressInfo } from "node:net";
import { hostPort } from "../net/addresses.ts";
import { sourceTowards } from "../net/source-towards.ts";
import type { Session } from "../sessions/session.ts";
import { Capture, type CaptureEnds, type CaptureLimits } from "../tap/capture.ts";
import { addTap } from "../tap/taps.ts";
import type { EventLog } from "./events/event-log.ts";

/** At a time. Each costs some microseconds a packet of its session, and up to the bounds below. */
export const MAX_CAPTURES = 4;
/** Of one file. A reader that wants more starts another one. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Bytes that wait for a slow reader; packets beyond are left out and counted in the file. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** What captures need of the director. */
export interface CapturesDependencies {
  /** The director's own sockets of a session on a data port. */
  readonly socketsOf: (
    session: Session<unknown>,
    dataPort: string,
  ) => { readonly listener: AddressInfo; readonly upstream: AddressInfo | undefined } | undefined;
  /** Brings the packets of a session where its taps see them. */
  readonly hold: (session: Session<unknown>) => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
  readonly events: EventLog;
  /** A line of the audit log. */
  readonly audit: (fields: object, message: string) => void;
}

/** The part of an HTTP response that a capture needs. */
export interface CaptureTarget {
  writeHead(status: number, headers: Record<string, string>): unknown;
  write(bytes: Uint8Array): boolean;
  end(): unknown;
  readonly writableLength: number;
  once(event: "close", listener: () => void): unknown;
}

export interface CaptureRequest extends Omit<CaptureLimits, "bytes"> {
  readonly seconds: number;
  /** Who asks, for the log. */
  readonly by: string;
}

/** Captures under way: bounded in number, time, packets and bytes, and each one in the log. */
export class Captures {
  readonly #dependencies: CapturesDependencies;
  #open = 0;

  constructor(dependencies: CapturesDependencies) {
    this.#dependencies = dependencies;
  }

  /** True while there is no room for another one. */
  get full(): boolean {
    return this.#open >= MAX_CAPTURES;
  }

  /** Writes the file to `target`; resolves when recording has begun. */
  async start(
    session: Session<unknown>,
    { seconds, by, ...limits }: CaptureRequest,
    target: CaptureTarget,
  ): Promise<void> {
    const { audit, events, now, wallNow } = this.#dependencies;
    this.#open++;
    const left = new Promise<string>((resolve) => {
      target.once("close", () => resolve("reader left"));
    });
    const source = await sourceTowards(session.clientAddress);
    const offset = wallNow() - now();
    const about = {
      session: session.id,
      client: hostPort(session.clientAddress, session.clientPort),
      backend: session.target.resource,
    };
    audit({ ...about, by, seconds, ...limits }, "capture started");
    events.add({ kind: "capture_started", ...about, by });
    target.writeHead(200, {
      "content-type": "application/x-pcapng",
      "content-disposition": `attachment; filename="session-${session.id}.pcapng"`,
      "cache-control": "no-store",
    });
    const reached = Promise.withResolvers<string>();
    const timer = setTimeout(reached.resolve, seconds * 1000, "time");
    timer.unref();
    const capture = new Capture(
      { ...limits, bytes: MAX_BYTES },
      {
        ends: (dataPort) => this.#ends(session, dataPort, source),
        wall: (at) => at + offset,
        sink: {
          get ready() {
            return target.writableLength < MAX_WAITING_BYTES;
          },
          write: (bytes) => void target.write(bytes),
        },
        done: reached.resolve,
      },
    );
    const untap = addTap(session, capture);
    // What a kernel forwards, nobody here sees.
    this.#dependencies.hold(session);
    // The session may have ended while the route was looked up.
    if (session.closed) reached.resolve("session ended");
    // Not within the packet that reaches a bound.
    void Promise.race([reached.promise, left]).then((reason) => {
      clearTimeout(timer);
      untap();
      capture.finish(now());
      this.#open--;
      target.end();
      const { packets } = capture.count;
      audit({ ...about, by, reason, ...capture.count }, "capture ended");
      events.add({ kind: "capture_ended", ...about, reason, packets });
    });
  }

  #ends(session: Session<unknown>, dataPort: string, source: string): CaptureEnds | undefined {
    const sockets = this.#dependencies.socketsOf(session, dataPort);
    const port = session.target.ports.get(dataPort);
    if (sockets === undefined || port === undefined) return undefined;
    const { listener, upstream } = sockets;
    const wildcard = listener.address === "0.0.0.0" || listener.address === "::";
    return {
      client: { address: session.clientAddress, port: session.clientPort },
      listener: { address: wildcard ? source : listener.address, port: listener.port },
      upstream,
      backend: { address: session.target.address, port },
    };
  }
}
