import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";

/** A server of somebody else's, started by us: its output goes to a file, its end is by id. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #log: string;
  readonly #ended: Promise<unknown>;
  readonly #onExit = () => this.#child.kill("SIGKILL");

  constructor(command: string, args: readonly string[], log: string) {
    const output = openSync(log, "a");
    this.#child = spawn(command, args, { stdio: ["ignore", output, output] });
    closeSync(output);
    this.#log = log;
    // A command that cannot be started ends with "error" and no "exit".
    this.#ended = Promise.race([once(this.#child, "exit"), once(this.#child, "error")]).catch(
      () => undefined,
    );
    // A test runner that is ended in the middle leaves no server behind.
    process.once("exit", this.#onExit);
  }

  get running(): boolean {
    const { pid, exitCode, signalCode } = this.#child;
    return pid !== undefined && exitCode === null && signalCode === null;
  }

  /** Last lines of its output, for an error message. */
  tail(lines = 12): string {
    return readFileSync(this.#log, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  }

  /** Ends it and resolves when it has ended. Any number of calls. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    if (this.running) this.#child.kill(signal);
    await this.#ended;
    process.off("exit", this.#onExit);
  }
}
