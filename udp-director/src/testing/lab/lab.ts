import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * This machine itself, as a host of its own loopback alone. What it starts is killed with this
 * process, however that ends: a director in an endless loop would keep a processor for ever.
 */
export const thisHost: Pick<LabHost, "run" | "start"> = {
  run: async (command, ...args) =>
    (await run(command, args, { maxBuffer: 256 * 1024 * 1024 })).stdout,
  start: (command, args, env = {}) =>
    spawn("setpriv", ["--pdeathsig", "KILL", "--", command, ...args], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...env },
    }),
};

/**
 * A host of the lab: a network namespace without a name, held by one process that ends with this
 * one, however that ends. Nothing stays behind: the kernel takes an unheld namespace away.
 */
export class LabHost {
  readonly name: string;
  readonly #holder: ChildProcess;
  readonly #started = new Set<ChildProcess>();

  private constructor(name: string, holder: ChildProcess) {
    this.name = name;
    this.#holder = holder;
  }

  static async open(name: string): Promise<LabHost> {
    // Says so when it is in its namespace, and reads until its input ends.
    const holder = spawn("unshare", ["--net", "sh", "-c", "echo up; exec cat"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    await Promise.race([
      once(holder.stdout, "data"),
      once(holder, "exit").then(() => {
        throw new Error("this host makes no network namespaces: run as root");
      }),
    ]);
    const host = new LabHost(name, holder);
    await host.run("ip", "link", "set", "lo", "up");
    return host;
  }

  /** Runs a command to its end inside; rejects when it fails. Resolves with its output. */
  run(command: string, ...args: readonly string[]): Promise<string> {
    return thisHost.run("nsenter", ...this.#inside(command, args));
  }

  /** Starts a program inside that ends with the host at the latest. */
  start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    const child = thisHost.start("nsenter", this.#inside(command, args), env);
    this.#started.add(child);
    child.once("exit", () => this.#started.delete(child));
    return child;
  }

  /** Connects two hosts by a cable; addresses with prefix lengths. */
  async connect(
    other: LabHost,
    { here, there }: { readonly here: readonly string[]; readonly there: readonly string[] },
  ): Promise<void> {
    const [near, far] = [`to-${other.name}`, `to-${this.name}`];
    const pid = String(other.#holder.pid);
    await this.run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", pid);
    for (const [host, device, addresses] of [
      [this, near, here],
      [other, far, there],
    ] as const) {
      for (const address of addresses) {
        await host.run("ip", "addr", "add", address, "dev", device, "nodad");
      }
      await host.run("ip", "link", "set", device, "up");
    }
  }

  async close(): Promise<void> {
    for (const child of this.#started) child.kill("SIGKILL");
    this.#holder.stdin?.end();
    if (this.#holder.exitCode === null) await once(this.#holder, "exit");
  }

  #inside(command: string, args: readonly string[]): string[] {
    return [`--net=/proc/${this.#holder.pid}/ns/net`, "--", command, ...args];
  }
}

/** Why this machine has no lab; undefined where it has. */
export async function labMissing(): Promise<string | undefined> {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (process.getuid?.() !== 0) return "only root makes network namespaces and nftables' rules";
  for (const command of ["ip", "nft", "unshare", "nsenter", "setpriv"]) {
    try {
      await run("sh", ["-c", `command -v ${command}`]);
    } catch {
      return `${command} is not on PATH`;
    }
  }
  return undefined;
}
