import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { which } from "../../toolchain/debian.ts";

/**
 * A server of somebody else's, started by us: its output goes to a file, its end is by id. It ends
 * with us, however we end, where there is util-linux' `setpriv`; elsewhere unless a signal ends us.
 */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #log: string;
  readonly #ended: Promise<unknown>;
  readonly #onExit = () => this.#child.kill("SIGKILL");

  constructor(command: string, args: readonly string[], log: string) {
    const output = openSync(log, "a");
    const [first = command, ...rest] = [...endsWithUs(), command, ...args];
    this.#child = spawn(first, rest, { stdio: ["ignore", output, output] });
    closeSync(output);
    this.#log = log;
    // A command that cannot be started ends with "error" and no "exit".
    this.#ended = Promise.race([once(this.#child, "exit"), once(this.#child, "error")]).catch(
      () => undefined,
    );
    // Where nothing else ends it.
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

/** The start of a line that has the kernel end the rest of it with us: no handler runs on SIGTERM. */
function endsWithUs(): readonly string[] {
  const setpriv = process.platform === "linux" ? which("setpriv") : undefined;
  return setpriv === undefined ? [] : [setpriv, "--pdeathsig", "KILL"];
}
