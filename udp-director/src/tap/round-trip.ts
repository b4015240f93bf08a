/** Samples before an estimate is shown. */
const ENOUGH = 8;

/**
 * How long a backend takes to answer, where a session is question and answer: the time from a
 * client's packet that meets silence to the backend's next one. A packet of the client in
 * between makes it unknown which of them was answered: no sample (RFC 6298 section 3, Karn).
 * Includes what the backend itself takes.
 */
export class RoundTrip {
  #askedAt: number | undefined;
  #waiting = false;
  #smoothedMs = 0;
  #minMs = Number.POSITIVE_INFINITY;
  #samples = 0;
  #answers = 0;

  fromClient(at: number): void {
    this.#askedAt = this.#waiting ? undefined : at;
    this.#waiting = true;
  }

  fromServer(at: number): void {
    this.#answers++;
    if (this.#waiting && this.#askedAt !== undefined) {
      const ms = at - this.#askedAt;
      this.#smoothedMs = this.#samples === 0 ? ms : this.#smoothedMs + (ms - this.#smoothedMs) / 8;
      this.#minMs = Math.min(this.#minMs, ms);
      this.#samples++;
    }
    this.#waiting = false;
    this.#askedAt = undefined;
  }

  /**
   * Undefined with less than eight samples, or when most of the backend's packets were no
   * answers: a stream in both directions tells nothing.
   */
  get figures(): { smoothedMs: number; minMs: number; samples: number } | undefined {
    if (this.#samples < ENOUGH || this.#samples * 2 < this.#answers) return undefined;
    return { smoothedMs: this.#smoothedMs, minMs: this.#minMs, samples: this.#samples };
  }
}
