import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Names one run of one process. Numbers are reused, also across reboots; the moment a process
 * started is not.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque: boot and start time on Linux, start time elsewhere. Equal only for the same run. */
  readonly started: string;
}

/**
 * Identity of the process that has this number now; `undefined` where none runs, or only a zombie
 * that nobody has waited for.
 */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  if (!Number.isSafeInteger(pid) || pid <= 1) {
    return undefined;
  }
  return process.platform === "linux" ? fromProc(pid) : fromPs(pid);
}

/** True if exactly this run is still alive. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identify(identity.pid))?.started === identity.started;
}

async function fromProc(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, "utf8"),
      readFile("/proc/sys/kernel/random/boot_id", "utf8"),
    ]);
    return parseStat(pid, stat, boot.trim());
  } catch {
    return undefined;
  }
}

/**
 * Reads `/proc/PID/stat` (proc_pid_stat(5)): the state is field 3, the number of threads field 20,
 * the start time in clock ticks field 22. Field 2 is the command in brackets and may itself hold
 * blanks and brackets. A zombie whose other threads still run is alive: they hold its sockets.
 */
export function parseStat(pid: number, stat: string, boot: string): ProcessIdentity | undefined {
  const fields = stat
    .slice(stat.lastIndexOf(")") + 2)
    .trim()
    .split(" ");
  const state = fields[0];
  const threads = Number(fields[17]);
  const ticks = fields[19];
  const ended = state === "X" || (state === "Z" && threads <= 1);
  return ticks === undefined || ended ? undefined : { pid, started: `${boot}/${ticks}` };
}

async function fromPs(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    const { stdout } = await run("ps", ["-o", "stat=,lstart=", "-p", String(pid)], {
      env: { ...process.env, LC_ALL: "C" },
    });
    const [state = "Z", ...started] = stdout.trim().split(/\s+/);
    return state.startsWith("Z") ? undefined : { pid, started: started.join(" ") };
  } catch {
    return undefined;
  }
}
