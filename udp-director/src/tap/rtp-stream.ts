import { nearestRate, type RtpHeader, STATIC_RATES } from "./rtp.ts";
import { SequenceCounter } from "./sequence-counter.ts";

/** A rate is measured over at least this long. Milliseconds. */
const RATE_AFTER_MS = 1000;
const RATE_AFTER_PACKETS = 20;

/** Loss, order and jitter of one RTP stream as it arrives at the director. */
export class RtpStream {
  readonly ssrc: number;
  readonly #payloadType: number;
  readonly #firstAt: number;
  readonly numbers: SequenceCounter;
  /** Timestamp units from the first packet to the last one, wraps included. */
  #elapsed = 0;
  #timestamp: number;
  #at: number;
  #packets = 1;
  #rate: number | undefined;
  #jitterMs = 0;
  #jitters = 0;

  constructor(at: number, header: RtpHeader) {
    this.ssrc = header.ssrc;
    this.#payloadType = header.payloadType;
    this.#firstAt = at;
    this.#at = at;
    this.#timestamp = header.timestamp;
    this.#rate = STATIC_RATES[header.payloadType];
    this.numbers = new SequenceCounter(header.sequence);
  }

  /** Interarrival jitter (RFC 3550 section 6.4.1); undefined until the clock's rate is known. */
  get jitterMs(): number | undefined {
    return this.#jitters === 0 ? undefined : this.#jitterMs;
  }

  /** False when the packet is of another stream. */
  add(at: number, header: RtpHeader): boolean {
    if (header.ssrc !== this.ssrc || !this.numbers.add(header.sequence)) return false;
    // Signed 32 bits: late packets step back, and the clock wraps.
    const units = (header.timestamp - this.#timestamp) | 0;
    this.#elapsed += units;
    this.#packets++;
    this.#rate ??= this.#measuredRate(at);
    // A change of payload (comfort noise, telephone events) has the same clock (RFC 3551).
    if (this.#rate !== undefined && header.payloadType === this.#payloadType) {
      const difference = Math.abs(at - this.#at - (units * 1000) / this.#rate);
      this.#jitterMs += (difference - this.#jitterMs) / 16;
      this.#jitters++;
    }
    this.#timestamp = header.timestamp;
    this.#at = at;
    return true;
  }

  #measuredRate(at: number): number | undefined {
    const ms = at - this.#firstAt;
    if (ms < RATE_AFTER_MS || this.#packets < RATE_AFTER_PACKETS) return undefined;
    return nearestRate((this.#elapsed * 1000) / ms);
  }
}
