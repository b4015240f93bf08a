import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import path from "node:path";

/**
 * Starts a server with its output in `<name>.log`; its end is a line on our standard output. What a
 * `relayed` one says there is such lines itself.
 */
export function startProgram(
  logs: string,
  name: string,
  line: readonly string[],
  relayed = false,
): void {
  const [command = "", ...args] = line;
  const log = openSync(path.join(logs, `${name}.log`), "a");
  const child = spawn(command, args, { stdio: ["ignore", relayed ? "inherit" : log, log] });
  closeSync(log);
  const ended = (how: unknown) => process.stdout.write(`ended ${name} ${how}\n`);
  child.once("error", ended);
  child.once("exit", (code, signal) => ended(signal ?? code));
}
