import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import type { ClusterStack } from "../cluster-stack.ts";
import type { WebSocketReport } from "./lan-web-socket.ts";

/** A WebSocket of a client on the LAN, open and answered. */
export interface WebSocketFlow {
  /** What became of it, once the server has closed it; a minute at most. */
  report(): Promise<WebSocketReport>;
  /** Ends the client, however it stands. */
  close(): void;
}

export interface WebSocketTarget {
  readonly host: string;
  /** Name in the certificate. */
  readonly name: string;
  /** File of the authority. */
  readonly ca: string;
  /** For how long it is tried again. Milliseconds. */
  readonly patience: number;
}

/** Opens a WebSocket from the LAN; resolves at its first answer. */
export async function webSocket(
  stack: ClusterStack,
  target: WebSocketTarget,
): Promise<WebSocketFlow> {
  const program = path.join(import.meta.dirname, "lan-web-socket.ts");
  const options = Object.entries(target).map(([name, value]) => `--${name}=${value}`);
  const [command = "", ...args] = stack.cluster.onLan([process.execPath, program, ...options]);
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    said += chunk;
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => lines.push(line));
  const closed = once(child, "close");
  await Promise.race([once(reader, "line"), closed]);
  if (lines[0] !== "flowing") throw new Error(`no WebSocket to ${target.name}: ${said}`);
  return {
    report: async () => {
      const late = setTimeout(() => child.kill("SIGKILL"), 60_000);
      await closed;
      clearTimeout(late);
      if (lines[1] === undefined) throw new Error(`no report of ${target.name}: ${said}`);
      return JSON.parse(lines[1]);
    },
    close: () => child.kill("SIGKILL"),
  };
}
