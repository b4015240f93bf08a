import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Grant, Query } from "../../client/query.ts";
import type { LabHost } from "./lab.ts";

/** Where packets go. */
export interface LabSocketAddress {
  readonly address: string;
  readonly port: number;
}

/** Has a host of the lab do things, one after the other. */
export class LabAgent {
  readonly #child: ChildProcess;
  readonly #waiting: ((line: string) => void)[] = [];
  #ids = 0;

  constructor(host: LabHost) {
    this.#child = host.start(process.execPath, [join(import.meta.dirname, "agent.ts")]);
    this.#child.stderr?.pipe(process.stderr);
    if (this.#child.stdout === null) throw new Error("the agent has no output");
    createInterface({ input: this.#child.stdout }).on("line", (line) =>
      this.#waiting.shift()?.(line),
    );
  }

  /** Starts a backend that answers `label sourcePort payload`; resolves with its port. */
  echo(address: string, port: number, label: string): Promise<number> {
    return this.#ask("echo", { address, port, label });
  }

  query(host: string, queryPort: number, wanted: Query): Promise<Grant> {
    return this.#ask("query", { host, queryPort, wanted });
  }

  /** Opens a UDP socket. */
  async open(address: string): Promise<LabSocket> {
    const id = ++this.#ids;
    const port = await this.#ask<number>("open", { id, address });
    return {
      port,
      send: (to, payloads, everyMs) =>
        this.#ask("send", { id, to, everyMs, payloads: payloads.map(hex) }),
      received: (count, withinMs) => this.#ask("received", { id, count, withinMs }),
      close: () => this.#ask("close", { id }),
    };
  }

  #ask<Answer>(command: string, args: object): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push((line) => {
        const { answer, error } = JSON.parse(line);
        if (error === undefined) resolve(answer);
        else reject(new Error(error));
      });
      this.#child.stdin?.write(`${JSON.stringify({ command, ...args })}\n`);
    });
  }
}

/** A socket inside a host. */
export interface LabSocket {
  readonly port: number;
  /** Resolves when all are sent. */
  send(
    to: LabSocketAddress,
    payloads: readonly (string | Uint8Array)[],
    everyMs?: number,
  ): Promise<void>;
  /** `address port payload` of what has come since the last time, once it is `count` or the time is over. */
  received(count: number, withinMs?: number): Promise<string[]>;
  close(): Promise<void>;
}

const hex = (payload: string | Uint8Array): string => Buffer.from(payload).toString("hex");
