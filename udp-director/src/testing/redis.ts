import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

/** Test support: a real redis-server on the loopback, in a folder of its own. */
export class TestRedis {
  readonly port: number;
  readonly #file: string;
  readonly #folder: string;
  #child: ChildProcess | undefined;

  private constructor(file: string, folder: string, port: number) {
    this.#file = file;
    this.#folder = folder;
    this.port = port;
  }

  /** Starts one that the test ends. */
  static async start(t: TestContext, file: string): Promise<TestRedis> {
    const folder = await mkdtemp(join(tmpdir(), "udp-director-redis-"));
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, "close");
    const redis = new TestRedis(file, folder, port);
    t.after(async () => {
      await redis.kill();
      await rm(folder, { recursive: true, force: true });
    });
    await redis.start();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}/0`;
  }

  /** Starts it empty. */
  async start(): Promise<void> {
    const args = ["--port", `${this.port}`, "--bind", "127.0.0.1", "--dir", this.#folder];
    const child = spawn(this.#file, [...args, "--save", "", "--appendonly", "no"], {
      stdio: "ignore",
    });
    this.#child = child;
    for (let n = 0; n < 200; n++) {
      const socket = connect(this.port, "127.0.0.1");
      const ok = await once(socket, "connect").catch(() => undefined);
      socket.destroy();
      if (ok) return;
      await wait(25);
    }
    throw new Error("redis-server does not answer");
  }

  /** SIGKILL, and its end. What it held is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  /** SIGSTOP or SIGCONT. */
  signal(name: "SIGSTOP" | "SIGCONT"): void {
    this.#child?.kill(name);
  }
}
