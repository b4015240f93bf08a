/** Larger gaps are a new stream: RFC 3550 appendix A.1. */
const MAX_DROPOUT = 3000;
/** How late a packet may be and still count as itself. Bounds the memory of a counter. */
export const WINDOW = 128;

/**
 * Which of 16-bit sequence numbers have come (RFC 3550 appendix A.1, with a window, so that a
 * packet that comes twice does not make up for one that is lost). Numbers before the first one
 * heard are not expected.
 */
export class SequenceCounter {
  readonly #seen = new Uint8Array(WINDOW);
  /** Extended by the number of wraps. */
  #first: number;
  #highest: number;
  /** What a restart of the sender would go on with; -1: nothing unusual was heard. */
  #restart = -1;
  /** Of streams before a restart. */
  #expectedBefore = 0;
  #arrived = 1;
  duplicates = 0;
  reordered = 0;

  constructor(sequence: number) {
    this.#first = sequence;
    this.#highest = sequence;
    this.#seen[sequence % WINDOW] = 1;
  }

  /** Packets that were sent, as far as their numbers tell. */
  get expected(): number {
    return this.#expectedBefore + this.#highest - this.#first + 1;
  }

  /** Packets that have come, each once. */
  get arrived(): number {
    return this.#arrived;
  }

  get lost(): number {
    return this.expected - this.#arrived;
  }

  /** False when the number fits nowhere: not of this stream, or of one that begins anew. */
  add(sequence: number): boolean {
    const ahead = (sequence - this.#highest) & 0xffff;
    if (ahead > 0 && ahead < MAX_DROPOUT) {
      this.#advance(ahead);
      return true;
    }
    const behind = -ahead & 0xffff;
    if (behind < WINDOW) return this.#late(this.#highest - behind);
    if (sequence !== this.#restart) {
      this.#restart = (sequence + 1) & 0xffff;
      return false;
    }
    // The second of two in a row: the sender has begun anew, one packet before this one.
    this.#expectedBefore = this.expected;
    this.#first = sequence + 0x10000 - 1;
    this.#highest = sequence + 0x10000;
    this.#seen.fill(0);
    this.#seen[this.#first % WINDOW] = 1;
    this.#seen[this.#highest % WINDOW] = 1;
    this.#arrived += 2;
    this.#restart = -1;
    return true;
  }

  #advance(ahead: number): void {
    for (let step = 1; step <= Math.min(ahead, WINDOW); step++) {
      this.#seen[(this.#highest + step) % WINDOW] = 0;
    }
    if (ahead > WINDOW) this.#seen.fill(0);
    this.#highest += ahead;
    this.#seen[this.#highest % WINDOW] = 1;
    this.#arrived++;
    this.#restart = -1;
  }

  #late(number: number): boolean {
    // Overtaken by the first one that was heard.
    if (number < this.#first) return true;
    const slot = number % WINDOW;
    if (this.#seen[slot] === 1) {
      this.duplicates++;
      return true;
    }
    this.#seen[slot] = 1;
    this.#arrived++;
    this.reordered++;
    return true;
  }
}
