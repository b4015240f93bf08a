import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { LabHost } from "../src/testing/lab/lab.ts";

export const ECHO_PORT = 9001;
export const DATA_PORT = 7777;

/** Between client and backend: a host of its own for each thing that is measured. */
export interface Site {
  readonly host: LabHost;
  /** The client's first address there; two more follow it. */
  readonly client: string;
  /** The device of the client that leads there. */
  readonly device: string;
  /** The host's address towards the client, and the backend's own. */
  readonly near: string;
  readonly backend: string;
}

/** What load.c and stream.c print. */
export interface Loaded {
  readonly sent: number;
  readonly received: number;
  readonly seconds: number;
  readonly packetsPerSecond: number;
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly established: number;
  readonly setupSeconds: number;
}

/** How load.c loads, or stream.c for the last two modes. */
export interface Load {
  /** Clients at a time; connections with TCP. */
  readonly sessions: number;
  /** Bytes of payload. */
  readonly size: number;
  readonly seconds: number;
  /**
   * `closed`: packets in flight; `open`: packets a second; `flood`: as many as it can. TCP, with no
   * value: `trips` on connections that stay, `connects` on a new one each.
   */
  readonly mode: "closed" | "open" | "flood" | "trips" | "connects";
  readonly value: number;
}

/** What ask.c is to ask. */
export interface Questions {
  readonly requests: readonly string[];
  /** Queries a second, each on a connection of its own. */
  readonly rate: number;
  readonly seconds: number;
}

/** What ask.c prints. Times in microseconds from when a query was due. */
export interface Asked {
  readonly answered: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** 99 of 100 queries were sent no later than so much after they were due. */
  readonly late: number;
}

const run = promisify(execFile);

/**
 * Client and backend, and between them as many hosts as are asked for, in network namespaces of
 * this machine. Nothing leaves it. Idle hosts cost nothing, so that rounds can alternate.
 */
export class BenchLab {
  readonly client: LabHost;
  readonly backend: LabHost;
  readonly #folder: string;
  readonly #netem: readonly string[];
  readonly #hosts: LabHost[] = [];
  #sites = 0;

  private constructor(folder: string, client: LabHost, backend: LabHost, netem = "") {
    this.#folder = folder;
    this.#netem = netem.split(" ").filter((word) => word !== "");
    this.client = client;
    this.backend = backend;
    this.#hosts.push(client, backend);
  }

  /**
   * Compiles the C programs as well; rejects where there is no C compiler. `netem` is what
   * tc-netem(8) does to packets towards the client, such as `delay 10ms loss 1%`.
   */
  static async open(netem?: string): Promise<BenchLab> {
    const folder = await mkdtemp(join(tmpdir(), "director-bench-"));
    for (const name of ["load", "echo", "stream", "ask"]) {
      const source = join(import.meta.dirname, `${name}.c`);
      await run("cc", ["-O2", "-Wall", "-Wextra", "-Werror", "-o", join(folder, name), source]);
    }
    const [client, backend] = [await LabHost.open("client"), await LabHost.open("backend")];
    // The generator reads packets before the host does, which would answer that nobody listens.
    const chain = "type filter hook prerouting priority raw; policy accept;";
    await client.run("nft", "add table ip bench");
    await client.run("nft", `add chain ip bench in { ${chain} }`);
    await client.run("nft", "add rule ip bench in udp dport 10000-59999 drop");
    return new BenchLab(folder, client, backend, netem);
  }

  /** Another host between client and backend, with so many ports echoed behind it. */
  async site(echoPorts: number): Promise<Site> {
    const n = ++this.#sites;
    const host = await LabHost.open(`host${n}`);
    this.#hosts.push(host);
    const [left, right] = [`10.91.${n}`, `10.92.${n}`];
    const clients = [2, 3, 4].map((last) => `${left}.${last}/24`);
    await this.client.connect(host, { here: clients, there: [`${left}.1/24`] });
    await host.connect(this.backend, { here: [`${right}.1/24`], there: [`${right}.2/24`] });
    if (this.#netem.length > 0) {
      await host.run("tc", "qdisc", "add", "dev", "to-client", "root", "netem", ...this.#netem);
    }
    await host.run("sysctl", "-qw", "net.ipv4.ip_forward=1");
    await this.client.run("ip", "route", "add", `${right}.0/24`, "via", `${left}.1`);
    await this.backend.run("ip", "route", "add", `${left}.0/24`, "via", `${right}.1`);
    const backend = `${right}.2`;
    // Where each connection is a new one towards the backend, ports would run out in seconds.
    await host.run("sysctl", "-qw", "net.ipv4.tcp_tw_reuse=1");
    this.backend.start(join(this.#folder, "echo"), [backend, `${ECHO_PORT}`, `${echoPorts}`]);
    this.backend.start(join(this.#folder, "stream"), [backend, `${ECHO_PORT}`, "echo"]);
    return { host, client: `${left}.2`, device: `to-host${n}`, near: `${left}.1`, backend };
  }

  /** Packets a second that the generator writes where they are thrown away at once. */
  async offered(size: number, seconds: number): Promise<number> {
    const site = await this.site(1);
    await site.host.run("nft", "add table netdev sink");
    const chain = 'type filter hook ingress device "to-client" priority 0; policy drop;';
    await site.host.run("nft", `add chain netdev sink in { ${chain} }`);
    // No answer to who has the address either.
    const link = JSON.parse(await site.host.run("ip", "-j", "link", "show", "to-client"));
    const at = [site.near, "lladdr", link[0].address, "dev", site.device];
    await this.client.run("ip", "neigh", "replace", ...at);
    const flood = { sessions: 100, size, seconds, mode: "flood", value: 0 } as const;
    const { sent, seconds: took } = await this.load(site, [site.near, DATA_PORT], flood);
    return sent / took;
  }

  /** Loads what listens at `to`, from the client. */
  async load(site: Site, [address, port]: readonly [string, number], load: Load): Promise<Loaded> {
    const { sessions, size, seconds, mode, value } = load;
    if (mode === "trips" || mode === "connects") {
      const args = [address, port, mode, sessions, size, seconds].map(String);
      return JSON.parse(await this.client.run(join(this.#folder, "stream"), ...args)) as Loaded;
    }
    const out = await this.client.run(
      join(this.#folder, "load"),
      ...[site.client, `${sessions}`, site.device, address, `${port}`, `${size}`],
      ...[`${seconds}`, mode, `${value}`],
    );
    return JSON.parse(out) as Loaded;
  }

  /** Asks what listens at `to` so many of the requests a second, in turn, from `host`. */
  async ask(
    host: Pick<LabHost, "run">,
    [address, port]: readonly [string, number],
    { requests, rate, seconds }: Questions,
  ): Promise<Asked> {
    const args = [address, port, rate, seconds].map(String);
    return JSON.parse(await host.run(join(this.#folder, "ask"), ...args, ...requests)) as Asked;
  }

  async close(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.close()));
    await rm(this.#folder, { recursive: true, force: true });
  }
}
