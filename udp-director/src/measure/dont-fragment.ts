import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import { readdir, readFile, readlink } from "node:fs/promises";

/**
 * `IP_MTU_DISCOVER` and `IPV6_MTU_DISCOVER` with `IP_PMTUDISC_PROBE`: every packet leaves with "don't
 * fragment", whatever the kernel remembers of the path (ip(7)). Node has no call for socket options,
 * but they belong to the socket and not to the process: a child that gets the socket can set them.
 */
const OPTION = { udp4: [0, 10], udp6: [41, 23] } as const;
const PROBE = 3;

/** Programs that can set a socket option, one of which nearly every Linux has. */
const SETTERS: readonly (readonly [string, (level: number, option: number) => string[]])[] = [
  [
    "perl",
    (level, option) => [
      "-e",
      `open(my $s, "+<&=", 3) or die $!; setsockopt($s, ${level}, ${option}, pack("i", ${PROBE})) or die $!`,
    ],
  ],
  [
    "python3",
    (level, option) => [
      "-c",
      `import socket; socket.socket(fileno=3).setsockopt(${level}, ${option}, ${PROBE})`,
    ],
  ],
];

/** Has a socket send with "don't fragment". Resolves with why it cannot be; undefined when it is. */
export async function dontFragment(socket: Socket, family: 4 | 6): Promise<string | undefined> {
  if (process.platform !== "linux") return "only Linux is asked not to fragment";
  const fd = await descriptor(socket.address().port, family).catch(() => undefined);
  if (fd === undefined) return "/proc does not tell the socket's descriptor";
  const [level, option] = OPTION[`udp${family}`];
  let why = "";
  for (const [program, args] of SETTERS) {
    const child = spawn(program, args(level, option), { stdio: ["ignore", "ignore", "pipe", fd] });
    why = await ended(child);
    if (why === "") return undefined;
  }
  return `neither perl nor python3 sets the option: ${why}`;
}

/** The descriptor of this process's UDP socket on a port, as /proc tells it (proc(5)). */
async function descriptor(port: number, family: 4 | 6): Promise<number | undefined> {
  const table = await readFile(`/proc/self/net/udp${family === 6 ? "6" : ""}`, "utf8");
  const links = new Set<string>();
  for (const row of table.trim().split("\n").slice(1)) {
    const [, local = "", , , , , , , , inode] = row.trim().split(/\s+/);
    if (Number.parseInt(local.split(":")[1] ?? "", 16) === port) links.add(`socket:[${inode}]`);
  }
  for (const fd of await readdir("/proc/self/fd")) {
    if (links.has(await readlink(`/proc/self/fd/${fd}`).catch(() => ""))) return Number(fd);
  }
  return undefined;
}

async function ended(child: ChildProcess): Promise<string> {
  let said = "";
  child.stderr?.on("data", (text) => {
    said += text;
  });
  try {
    const [code] = await once(child, "close");
    return code === 0 ? "" : said.trim() || `exit code ${code}`;
  } catch (error) {
    return (error as Error).message;
  }
}
