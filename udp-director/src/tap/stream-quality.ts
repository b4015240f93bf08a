import { type RtpHeader, readRtp } from "./rtp.ts";
import { RtpStream } from "./rtp-stream.ts";

/**
 * Packets in a row that fit together before a stream counts as RTP, and packets in a row that
 * do not before it no longer does. Random bytes pass for one header in four; eight with the same
 * SSRC and numbers next to each other are no accident.
 */
const PROBATION = 8;

/** What is known of the packets of one direction on one data port. */
export interface StreamFigures {
  /** `rtp`: loss and order are known; `datagrams`: only when they came. */
  readonly kind: "rtp" | "datagrams";
  readonly packets: number;
  readonly bytes: number;
  /** RTP: interarrival jitter (RFC 3550). Else: mean change from one gap to the next. */
  readonly jitterMs: number | undefined;
  readonly expected: number | undefined;
  readonly lost: number | undefined;
  readonly duplicates: number | undefined;
  readonly reordered: number | undefined;
}

/** Estimates for the packets of one direction on one data port. Constant memory. */
export class StreamQuality {
  #packets = 0;
  #bytes = 0;
  #at = 0;
  #gap: number | undefined;
  #gapJitterMs = 0;
  #candidate: RtpStream | undefined;
  /** Packets in a row that fit the candidate, or do not fit the confirmed stream. */
  #fitting = 0;
  #strangers = 0;
  #confirmed = false;

  add(at: number, payload: Uint8Array): void {
    this.#gaps(at);
    this.#packets++;
    this.#bytes += payload.length;
    this.#at = at;
    const header = readRtp(payload);
    const fits = header !== undefined && this.#candidate?.add(at, header) === true;
    if (fits) {
      this.#strangers = 0;
      this.#fitting++;
      if (this.#fitting >= PROBATION - 1) this.#confirmed = true;
    } else if (!this.#confirmed || ++this.#strangers >= PROBATION) {
      this.#begin(at, header);
    }
  }

  figures(): StreamFigures {
    const known = { packets: this.#packets, bytes: this.#bytes };
    const stream = this.#confirmed ? this.#candidate : undefined;
    if (stream === undefined) {
      const jitterMs = this.#packets < 3 ? undefined : this.#gapJitterMs;
      const unknown = { expected: undefined, lost: undefined };
      const order = { duplicates: undefined, reordered: undefined };
      return { kind: "datagrams", ...known, jitterMs, ...unknown, ...order };
    }
    const { numbers, jitterMs } = stream;
    const { expected, lost, duplicates, reordered } = numbers;
    return { kind: "rtp", ...known, jitterMs, expected, lost, duplicates, reordered };
  }

  #begin(at: number, header: RtpHeader | undefined): void {
    this.#candidate = header && new RtpStream(at, header);
    this.#confirmed = false;
    this.#fitting = 0;
    this.#strangers = 0;
  }

  #gaps(at: number): void {
    if (this.#packets === 0) return;
    const gap = at - this.#at;
    if (this.#gap !== undefined) {
      this.#gapJitterMs += (Math.abs(gap - this.#gap) - this.#gapJitterMs) / 16;
    }
    this.#gap = gap;
  }
}
