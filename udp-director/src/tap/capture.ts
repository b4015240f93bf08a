import { readSealedToken } from "../protocol/sealed-token.ts";
import { readToken } from "../protocol/token.ts";
import type { PacketTap } from "../sessions/session.ts";
import { type UdpEnd, udpPacket } from "./ip-packet.ts";
import { fileStart, interfaceStatistics, packetBlock } from "./pcapng.ts";

/** Bounds of one capture. */
export interface CaptureLimits {
  /** Datagrams; each is recorded twice, as it came and as it left. */
  readonly packets: number;
  /** Bytes of the file. */
  readonly bytes: number;
  /** Bytes kept of each IP packet. */
  readonly snaplen: number;
}

/** The four ends of a session's packets on a data port, as they are now. */
export interface CaptureEnds {
  readonly client: UdpEnd;
  /** The director's socket towards the client. */
  readonly listener: UdpEnd;
  /** The director's socket towards the backend; undefined while it opens. */
  readonly upstream: UdpEnd | undefined;
  readonly backend: UdpEnd;
}

/** Where the file goes. */
export interface CaptureSink {
  /** False when this piece has to be left out because too much waits already. */
  readonly ready: boolean;
  write(bytes: Uint8Array): void;
}

/** What a capture needs from outside. */
export interface CaptureDependencies {
  readonly ends: (dataPort: string) => CaptureEnds | undefined;
  /** Milliseconds since 1970 of a time on the caller's clock. */
  readonly wall: (at: number) => number;
  readonly sink: CaptureSink;
  /** Called once, when a bound is reached or the session ends. */
  readonly done: (why: "packets" | "bytes" | "session ended") => void;
}

export const INTERFACES = ["clients", "backends"] as const;
const OPENING = "the socket was still opening: its address and port were not known yet";
const REDACTED = "payload is a token and was replaced by zeros";

/**
 * Records the packets of a session that go through, as they came and as they left. Tokens are
 * secrets: control packets and first packets with a token never go through, so they are not
 * recorded, and a token inside the session (a client that repeats it) is replaced by zeros.
 */
export class Capture implements PacketTap {
  readonly #limits: CaptureLimits;
  readonly #dependencies: CaptureDependencies;
  /** Datagrams and bytes recorded so far, and datagrams left out for a slow reader. */
  readonly count = { packets: 0, bytes: 0, leftOut: 0 };
  #ended = false;
  #full = false;

  constructor(limits: CaptureLimits, dependencies: CaptureDependencies) {
    this.#limits = limits;
    this.#dependencies = dependencies;
    this.#write(fileStart(INTERFACES, limits.snaplen, "udp-director"));
  }

  packet(at: number, from: "client" | "server", dataPort: string, payload: Uint8Array): void {
    const { ends, sink, wall } = this.#dependencies;
    if (this.#ended || this.#full) return;
    const known = ends(dataPort);
    if (known === undefined) return;
    if (!sink.ready) {
      this.count.leftOut++;
      return;
    }
    const { client, listener, backend } = known;
    const upstream = known.upstream ?? { address: "0.0.0.0", port: 0 };
    const secret = from === "client" && isToken(payload);
    const shown = secret ? new Uint8Array(payload.length) : payload;
    const comment = secret ? REDACTED : known.upstream === undefined ? OPENING : undefined;
    const legs =
      from === "client"
        ? ([
            [0, client, listener],
            [1, upstream, backend],
          ] as const)
        : ([
            [1, backend, upstream],
            [0, listener, client],
          ] as const);
    legs.forEach(([on, source, target], order) => {
      const packet = udpPacket(source, target, shown);
      const direction = order === 0 ? "inbound" : "outbound";
      const one = { on, at: wall(at), direction, packet, comment } as const;
      this.#write(packetBlock(one, this.#limits.snaplen));
    });
    this.count.packets++;
    const { packets, bytes } = this.count;
    if (packets < this.#limits.packets && bytes < this.#limits.bytes) return;
    this.#full = true;
    this.#dependencies.done(packets < this.#limits.packets ? "bytes" : "packets");
  }

  sessionEnded(): void {
    if (!this.#ended) this.#dependencies.done("session ended");
  }

  /** Writes the file's last blocks; nothing is recorded any more. */
  finish(at: number): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const on of INTERFACES.keys()) {
      this.#write(interfaceStatistics(on, this.#dependencies.wall(at), this.count.leftOut));
    }
  }

  #write(bytes: Uint8Array): void {
    this.count.bytes += bytes.length;
    this.#dependencies.sink.write(bytes);
  }
}

const isToken = (payload: Uint8Array) =>
  readToken(payload) !== undefined || readSealedToken(payload) !== undefined;
