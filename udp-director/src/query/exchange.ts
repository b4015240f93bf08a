import type { Socket } from "node:net";
import { type Framing, RequestFramer } from "../protocol/framing.ts";
import { queryErrors } from "../protocol/query-errors.ts";
import { encodeError } from "../protocol/response.ts";
import type { Answer } from "./answer.ts";

/** What answering a connection's request takes. */
export interface ExchangeOptions {
  /** Answers a whole request, a query at once: backends are in memory. Never rejects. */
  readonly answer: (body: Uint8Array, peerAddress: string) => Answer | Promise<Answer>;
  /** Called once for each answered connection; seconds from accept to answer. */
  readonly answered: (ok: boolean, seconds: number) => void;
  /** Milliseconds from accept within which the whole request must have come. */
  readonly timeoutMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Milliseconds that a client gets to read its answer and close. */
const LINGER_MS = 1000;

/** One connection: a request, its answer, the end. */
export class Exchange {
  readonly #socket: Socket;
  readonly #peer: string;
  readonly #options: ExchangeOptions;
  readonly #startedAt: number;
  readonly #framer = new RequestFramer();
  #timer: NodeJS.Timeout;
  #done = false;

  /** Takes over a socket that keeps its side open when the client's ends. */
  constructor(socket: Socket, peer: string, options: ExchangeOptions) {
    this.#socket = socket;
    this.#peer = peer;
    this.#options = options;
    this.#startedAt = options.now();
    this.#timer = setTimeout(() => this.#fail(queryErrors.timedOut), options.timeoutMs);
    socket.on("close", () => clearTimeout(this.#timer));
    // Once answered, further bytes are read and thrown away: closing with unread bytes would
    // make the kernel reset the connection and the client lose its answer.
    socket.on("data", (chunk) => {
      if (!this.#done) this.#framed(this.#framer.push(chunk));
    });
    socket.on("end", () => {
      if (!this.#done) this.#framed(this.#framer.end());
    });
  }

  #framed(framing: Framing): void {
    if (framing.kind === "complete") {
      this.#finish(this.#options.answer(framing.body, this.#peer));
    } else if (framing.kind === "error") this.#fail(framing.error);
    else if (framing.kind === "empty") this.#socket.destroy();
  }

  #fail(message: string): void {
    this.#finish({ ok: false, text: encodeError(message) });
  }

  #finish(result: Answer | Promise<Answer>): void {
    this.#done = true;
    clearTimeout(this.#timer);
    if (result instanceof Promise) void result.then((answer) => this.#reply(answer));
    else this.#reply(result);
  }

  #reply({ ok, text }: Answer): void {
    // Gone while another director was asked.
    if (this.#socket.destroyed) return;
    this.#timer = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#socket.end(text);
    const { answered, now } = this.#options;
    answered(ok, (now() - this.#startedAt) / 1000);
  }
}
