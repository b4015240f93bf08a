import { type ChildProcess, execFile, spawn } from "node:child_process";
import { setImmediate as turn } from "node:timers/promises";
import { promisify } from "node:util";

/** More than the listing that ends an answer. */
const TAIL = 500;

/** Loads a file of rules, which may have many lines: one transaction. */
export async function load(rules: string): Promise<void> {
  const loading = promisify(execFile)("nft", ["-f", "-"]);
  loading.child.stdin?.end(rules);
  await loading;
}

/** All of a table as JSON; undefined where there is no such table, or none can be read. */
export async function listTable(family: string, table: string): Promise<string | undefined> {
  const args = ["-j", "list", "table", family, table];
  // 100,000 flows are some 40 MB.
  const listing = promisify(execFile)("nft", args, { maxBuffer: 1024 * 1024 * 1024 });
  return (await listing.catch(() => undefined))?.stdout;
}

/**
 * `nft -i` keeps each line in a history in its user's home, which it reads at its start and goes
 * through at each line: after some ten thousand of them a change took 9 ms in place of 0.2.
 */
const NO_HOME = "/nonexistent";

interface Asked {
  readonly line: string;
  readonly resolve: (output: string) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One long-lived `nft -i`, which takes a line in a tenth of a millisecond; a process for each
 * change would take 3. A line is one transaction: all of its commands are carried out, or none.
 * Lines are carried out one after the other, in the order in which they were asked for.
 *
 * What it lists is JSON: as text nft flushes each word, which costs both sides four times as much.
 */
export class Nft {
  readonly #process: ChildProcess;
  /** A table whose listing ends every answer: nothing else lists it. */
  readonly #marker: string;
  readonly #end: RegExp;
  readonly #asked: Asked[] = [];
  #output: string[] = [];
  #tail = "";
  #mistakes = "";
  #ended: Error | undefined;

  private constructor(process: ChildProcess, marker: string) {
    this.#process = process;
    this.#marker = marker;
    this.#end = new RegExp(`"name": "${marker}"[^\\n]*\\}\\s*$`);
    process.stdout?.setEncoding("utf8").on("data", (text: string) => this.#read(text));
    process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#mistakes += text;
    });
    process.once("error", (error) => this.#stop(error));
    process.once("exit", (code) => this.#stop(new Error(`nft ended with ${code}`)));
    process.stdin?.on("error", (error) => this.#stop(error));
  }

  /**
   * Starts it and tries it out. Rejects where there is no nft, or it may not change anything.
   * `purpose`: different for each that runs at a time on a host.
   */
  static async start(purpose = "answered"): Promise<Nft> {
    const child = spawn("nft", ["-j", "-i"], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, HOME: NO_HOME },
    });
    const nft = new Nft(child, `udp_director_${purpose}`);
    try {
      await nft.run(`add table ip ${nft.#marker}`);
    } catch (error) {
      await nft.close();
      throw error;
    }
    return nft;
  }

  /**
   * Carries out commands in one transaction. Resolves with what they print; rejects with nft's
   * first line about a mistake, and then nothing has changed.
   */
  run(...commands: readonly string[]): Promise<string> {
    if (this.#ended) return Promise.reject(this.#ended);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#asked.push({ line: commands.join("; "), resolve, reject });
    if (this.#asked.length === 1) this.#send();
    return promise;
  }

  /** Ends the process once it has answered. */
  async close(): Promise<void> {
    if (this.#ended === undefined) {
      await this.run(`list table ip ${this.#marker}`).catch(() => undefined);
      this.#process.stdin?.end(`delete table ip ${this.#marker}\n`);
    }
    if (this.#process.exitCode === null && this.#process.pid !== undefined) {
      await new Promise((resolve) => this.#process.once("exit", resolve));
    }
  }

  #send(): void {
    const [next] = this.#asked;
    if (next) this.#process.stdin?.write(`${next.line}\nlist table ip ${this.#marker}\n`);
  }

  /** A long answer comes in many parts: none is looked at twice. */
  #read(text: string): void {
    this.#output.push(text);
    this.#tail = (this.#tail + text).slice(-TAIL);
    if (this.#end.test(this.#tail)) void this.#answer();
  }

  async #answer(): Promise<void> {
    const output = this.#output.join("");
    const answer = output.slice(0, output.lastIndexOf('{"nftables": '));
    this.#output = [];
    this.#tail = "";
    // A mistake was written before this end, to the other pipe: a turn later it is read as well.
    await turn();
    await turn();
    const [, mistake] = /^Error: (.*)$/m.exec(this.#mistakes) ?? [];
    this.#mistakes = "";
    const asked = this.#asked.shift();
    this.#send();
    if (mistake === undefined) asked?.resolve(answer);
    else asked?.reject(new Error(`nft: ${mistake}`));
  }

  #stop(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#asked.splice(0)) reject(this.#ended);
  }
}
