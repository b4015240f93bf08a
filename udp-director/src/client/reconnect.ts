/**
 * When a client's session is in trouble and what to do then. Pure: time is an argument, in
 * milliseconds on a clock that never goes back, and so is randomness, 0..1.
 */

/** How a session is kept. Times in milliseconds. */
export interface ReconnectRules {
  /**
   * A packet was sent and nothing has come back for this long: the session is in trouble. Left
   * out: silence is no trouble, for backends that do not answer.
   */
  readonly silenceMs?: number | undefined;
  /** Nothing was sent for this long: time for a keepalive. Left out: there are none. */
  readonly keepaliveMs?: number | undefined;
  /** Most of the first wait; each further one may be twice as long. */
  readonly firstWaitMs: number;
  /** Most of any wait. */
  readonly longestWaitMs: number;
  /** Tries in a row without a packet from the backend after which the session is given up. */
  readonly attempts: number;
  /** The director acknowledges tokens: the time to the next copy of one. Left out: it does not. */
  readonly acknowledgeMs?: number | undefined;
}

export const DEFAULT_RULES: ReconnectRules = {
  firstWaitMs: 500,
  longestWaitMs: 30_000,
  attempts: 20,
};

/** Copies of a token that are sent before its acknowledgement counts as missing. */
const COPIES = 3;

/** What has to be done now. */
export type Due =
  /** Ask for a token and send it; then call `granted` or `failed`. */
  | "query"
  /** Send the token again. */
  | "token"
  /** Send a packet that keeps the path open. */
  | "keepalive"
  /** Nothing any more: all attempts are used up. */
  | "give-up";

export type ReconnectState = "up" | "waiting" | "asking" | "confirming" | "given-up";

/**
 * Wait before a try: any time up to a bound that doubles, so that clients that lost the same
 * director at once do not come back at once. Source: AWS Architecture Blog, "Exponential Backoff
 * And Jitter", full jitter.
 */
export function waitMs(rules: ReconnectRules, failures: number, random: number): number {
  const bound = Math.min(rules.longestWaitMs, rules.firstWaitMs * 2 ** Math.min(failures, 30));
  return bound * random;
}

/** One session's watch over itself. */
export class Reconnect {
  readonly #rules: ReconnectRules;
  #state: ReconnectState = "up";
  /** Tries since the last packet of the backend. */
  #attempts = 0;
  /** The first packet that has had no answer yet. */
  #unanswered: number | undefined;
  #lastSent: number;
  #copies = 0;
  /** It is known that the director has not got the session any more. */
  #lost = false;
  /** When a wait or the time of an acknowledgement is over. */
  #until = 0;

  /** A session whose token has just been sent. */
  constructor(rules: ReconnectRules, now: number) {
    this.#rules = rules;
    this.#lastSent = now;
    this.granted(now);
  }

  get state(): ReconnectState {
    return this.#state;
  }

  /** When `due` should be asked next; `undefined` when only an event can change anything. */
  get nextAt(): number | undefined {
    switch (this.#state) {
      case "waiting":
      case "confirming":
        return this.#until;
      case "up":
        return minimum(this.#silentAt, this.#keepaliveAt);
      default:
        return undefined;
    }
  }

  /** A packet was sent to the backend. */
  sent(now: number): void {
    this.#lastSent = now;
    this.#unanswered ??= now;
  }

  /**
   * A packet of a backend has come: silence was no loss. After a failure it may be one of the
   * default endpoint, to which a restarted director takes everybody: the next try is made.
   */
  received(): void {
    this.#unanswered = undefined;
    if (this.#state === "given-up") return;
    this.#attempts = 0;
    const doubted = this.#state === "waiting" && !this.#lost;
    if (doubted || this.#state === "confirming") this.#state = "up";
  }

  /** The director has acknowledged the token. */
  acknowledged(): void {
    if (this.#state === "confirming") this.#state = "up";
  }

  /** A token was granted and sent. */
  granted(now: number): void {
    const { acknowledgeMs } = this.#rules;
    this.#lastSent = now;
    this.#unanswered = undefined;
    this.#copies = 1;
    this.#lost = false;
    this.#state = acknowledgeMs === undefined ? "up" : "confirming";
    this.#until = now + (acknowledgeMs ?? 0);
  }

  /** A query failed, or the socket did while the session was up: the session is lost. */
  failed(now: number, random: number): void {
    this.#lost = true;
    this.#wait(now, random);
  }

  #wait(now: number, random: number): void {
    if (this.#state === "waiting" || this.#state === "given-up") return;
    if (this.#attempts >= this.#rules.attempts) {
      this.#state = "given-up";
      return;
    }
    this.#until = now + waitMs(this.#rules, this.#attempts, random);
    this.#attempts++;
    this.#state = "waiting";
  }

  /** What has to be done at `now`; asked again until it is `undefined`. */
  due(now: number, random: number): Due | undefined {
    if (this.#state === "up" && now >= (this.#silentAt ?? Number.POSITIVE_INFINITY)) {
      this.#wait(now, random);
      if (this.#state === ("given-up" as ReconnectState)) return "give-up";
    }
    if (this.#state === "confirming" && now >= this.#until) {
      if (this.#copies < COPIES) {
        this.#copies++;
        this.#until = now + (this.#rules.acknowledgeMs ?? 0);
        return "token";
      }
      this.#wait(now, random);
      if (this.#state === ("given-up" as ReconnectState)) return "give-up";
    }
    if (this.#state === "waiting" && now >= this.#until) {
      this.#state = "asking";
      return "query";
    }
    if (this.#state === "up" && now >= (this.#keepaliveAt ?? Number.POSITIVE_INFINITY)) {
      // No answer is expected: it does not count as a packet that had none.
      this.#lastSent = now;
      return "keepalive";
    }
    return undefined;
  }

  get #silentAt(): number | undefined {
    const { silenceMs } = this.#rules;
    if (this.#unanswered === undefined || silenceMs === undefined) return undefined;
    return this.#unanswered + silenceMs;
  }

  get #keepaliveAt(): number | undefined {
    const { keepaliveMs } = this.#rules;
    return keepaliveMs === undefined ? undefined : this.#lastSent + keepaliveMs;
  }
}

function minimum(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
