import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { LabHost, labMissing } from "../src/testing/lab/lab.ts";
import { type LabDirector, startLabDirector } from "../src/testing/lab/lab-director.ts";

const run = promisify(execFile);

/**
 * Packets a second and round trips through plain routing, the director's sockets and the kernel
 * path, one after the other in several rounds, on hosts in network namespaces: a client that sends
 * from as many sockets as it is told, the director, a backend that echoes. Needs root and a C
 * compiler. Nothing leaves the machine.
 *
 * node udp-director/bench/main.ts [--rounds 3] [--seconds 2] [--sessions 100] [--size 64] [--json]
 */
const CLIENT = "10.91.1.2";
const NEAR = "10.91.1.1";
const FAR = "10.91.2.1";
const BACKEND = "10.91.2.2";
const ECHO_PORT = 9001;
const DATA_PORT = 7777;
/** Packets in flight where throughput is measured; one where the round trip is. */
const WINDOW = 256;

/** What load.c prints. */
interface Loaded {
  readonly sent: number;
  readonly received: number;
  readonly packetsPerSecond: number;
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

interface Measured {
  readonly packetsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
}

const PATHS = ["routing", "sockets", "kernel"] as const;
type Path = (typeof PATHS)[number];

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "2" },
    sessions: { type: "string", default: "100" },
    size: { type: "string", default: "64" },
    json: { type: "boolean", default: false },
  },
});

const missing = await labMissing();
if (missing !== undefined) {
  process.stderr.write(`no bench here: ${missing}\n`);
  process.exit(1);
}
const folder = await mkdtemp(join(tmpdir(), "director-bench-"));
const hosts: LabHost[] = [];
try {
  const program = async (name: string) => {
    const source = join(import.meta.dirname, `${name}.c`);
    await run("cc", ["-O2", "-Wall", "-Wextra", "-Werror", "-o", join(folder, name), source]);
    return join(folder, name);
  };
  const [load, echo] = [await program("load"), await program("echo")];
  const [client, director, backend] = [
    await LabHost.open("client"),
    await LabHost.open("director"),
    await LabHost.open("backend"),
  ];
  hosts.push(client, director, backend);
  await client.connect(director, { here: [`${CLIENT}/24`], there: [`${NEAR}/24`] });
  await director.connect(backend, { here: [`${FAR}/24`], there: [`${BACKEND}/24`] });
  await director.run("sysctl", "-qw", "net.ipv4.ip_forward=1");
  await client.run("ip", "route", "add", "10.91.2.0/24", "via", NEAR);
  await backend.run("ip", "route", "add", "10.91.1.0/24", "via", FAR);
  // The generator reads packets before the host does, which would answer that nobody listens.
  const chain = "type filter hook prerouting priority raw; policy accept;";
  await client.run("nft", "add table ip bench");
  await client.run("nft", `add chain ip bench in { ${chain} }`);
  await client.run("nft", "add rule ip bench in udp dport 10000-59999 drop");
  backend.start(echo, [BACKEND, String(ECHO_PORT), "1"]);

  const measure = async (path: Path): Promise<Measured> => {
    const own = path === "routing" ? undefined : await start(director, path === "kernel");
    const to = own ? [NEAR, String(DATA_PORT)] : [BACKEND, String(ECHO_PORT)];
    const through = async (sessions: string, window: number): Promise<Loaded> => {
      const { size, seconds } = values;
      const rest = [size, seconds, "closed", String(window)];
      return JSON.parse(
        await client.run(load, CLIENT, sessions, "to-director", ...to, ...rest),
      ) as Loaded;
    };
    try {
      const many = await through(values.sessions, WINDOW);
      const { p50, p99 } = await through("1", 1);
      return { packetsPerSecond: many.packetsPerSecond, p50, p99 };
    } finally {
      await own?.stop();
    }
  };
  const rounds: Record<Path, Measured[]> = { routing: [], sockets: [], kernel: [] };
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const path of PATHS) rounds[path].push(await measure(path));
  }
  process.stdout.write(values.json ? `${JSON.stringify(rounds, undefined, 2)}\n` : table(rounds));
} finally {
  await Promise.all(hosts.map((host) => host.close()));
  await rm(folder, { recursive: true, force: true });
}

/** A director whose clients need no token. */
function start(host: LabHost, kernel: boolean): Promise<LabDirector> {
  return startLabDirector(host, {
    listen: [NEAR],
    metricsListen: [NEAR],
    dataPort: DATA_PORT,
    kernel: { enabled: kernel },
    protection: { newSessionsPerSecond: 0 },
    defaultEndpoint: { resourceType: "echo", namespace: "bench" },
    resourceQueryMapping: {
      echo: {
        ...{ group: "", version: "v1", resource: "pods" },
        ...{ addressPath: "status.address", portName: "udp" },
      },
    },
    discovery: {
      static: {
        resources: [
          {
            ...{ resourceType: "echo", namespace: "bench", name: "echo" },
            ...{ address: BACKEND, ports: { udp: ECHO_PORT } },
          },
        ],
      },
    },
  });
}

/** Medians of the rounds, and their shares of routing's. */
function table(rounds: Readonly<Record<Path, readonly Measured[]>>): string {
  const median = (path: Path, figure: keyof Measured): number => {
    const sorted = rounds[path].map((one) => one[figure]).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  };
  const base = median("routing", "packetsPerSecond");
  const rows = PATHS.map((path) => {
    const rate = median(path, "packetsPerSecond");
    const share = (rate / base).toFixed(2);
    const trip = `${median(path, "p50").toFixed(1)} / ${median(path, "p99").toFixed(1)}`;
    return `| ${path} | ${Math.round(rate)} | ${share} | ${trip} |`;
  });
  return [
    "| path | packets/s | of routing | p50 / p99 at 1 in flight, µs |",
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
