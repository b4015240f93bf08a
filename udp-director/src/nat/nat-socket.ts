import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import {
  encodeGreeting,
  encodeRequest,
  type NatAnswer,
  type NatRequest,
  readAnswer,
  readGreeting,
  TRANSACTION_BYTES,
  type Transport,
} from "./nat-packet.ts";

/** How long and how often a request is tried. */
export interface Patience {
  /** Milliseconds for each try. */
  readonly timeoutMs: number;
  readonly tries: number;
}

/** One UDP socket, and so one mapping of the NAT for each place that it asks. */
export class NatSocket {
  readonly #socket: Socket;
  readonly #patience: Patience;
  readonly #waiting = new Map<string, (answer: NatAnswer) => void>();
  #greeted: string | undefined;

  private constructor(socket: Socket, patience: Patience) {
    this.#socket = socket;
    this.#patience = patience;
    socket.on("message", (packet) => {
      const answer = readAnswer(packet);
      if (answer !== undefined) this.#waiting.get(answer.transaction.toString("hex"))?.(answer);
      this.#greeted = readGreeting(packet)?.toString("hex") ?? this.#greeted;
    });
    socket.on("error", () => undefined);
  }

  static async open(family: 4 | 6, patience: Patience): Promise<NatSocket> {
    const socket = createSocket(family === 6 ? "udp6" : "udp4");
    socket.bind(0);
    await once(socket, "listening");
    return new NatSocket(socket, patience);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** What the server answers, from wherever it was asked to; undefined when nothing comes. */
  async ask(
    to: Transport,
    wanted: Partial<Omit<NatRequest, "transaction">> = {},
  ): Promise<NatAnswer | undefined> {
    const { delayMs = 0 } = wanted;
    const transaction = randomBytes(TRANSACTION_BYTES);
    const key = transaction.toString("hex");
    const answered = Promise.withResolvers<NatAnswer | undefined>();
    this.#waiting.set(key, answered.resolve);
    const packet = encodeRequest({
      ...{ otherAddress: false, otherPort: false, delayMs },
      ...wanted,
      transaction,
    });
    const { timeoutMs, tries } = this.#patience;
    const send = () => this.#socket.send(packet, to.port, to.address, () => undefined);
    // A second request would keep the mapping alive that a delayed answer is to find gone.
    const again = delayMs > 0 ? undefined : setInterval(send, timeoutMs);
    const over = setTimeout(
      () => answered.resolve(undefined),
      delayMs > 0 ? delayMs + timeoutMs : timeoutMs * tries,
    );
    send();
    try {
      return await answered.promise;
    } finally {
      clearInterval(again);
      clearTimeout(over);
      this.#waiting.delete(key);
    }
  }

  /** Sends a greeting, to another socket of this client. */
  greet(to: Transport, transaction: Uint8Array): void {
    this.#socket.send(encodeGreeting(transaction), to.port, to.address, () => undefined);
  }

  /** Whether a greeting of this transaction has come. */
  greetedBy(transaction: Buffer): boolean {
    return this.#greeted === transaction.toString("hex");
  }

  close(): void {
    this.#socket.close();
  }
}
