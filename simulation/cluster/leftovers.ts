import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const CGROUPS = "/sys/fs/cgroup";
/** Begins the name of a cluster, which is that of its folder and of its cgroups. */
const PREFIX = "pulumi-udp-cluster-";

/** Start of a name for a cluster of this process. */
export const namePrefix = (): string => `${PREFIX}${process.pid}-`;

/**
 * Removes what no kernel does, empty cgroups and folders of logs, of clusters whose starter was
 * ended before it could.
 */
export async function sweepLeftovers(): Promise<void> {
  const folders = [tmpdir(), ...hierarchies()].flatMap((place) => readdirSync(place));
  const gone = folders.filter((name) => {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    return pid !== undefined && !existsSync(`/proc/${pid}`);
  });
  for (const name of new Set(gone)) {
    await removeCgroups(name);
    await rm(path.join(tmpdir(), name), { recursive: true, force: true });
  }
}

/** Removes the cgroups of a cluster that has ended, in every hierarchy. They hold no process. */
export async function removeCgroups(name: string): Promise<void> {
  for (const folder of hierarchies().map((place) => path.join(place, name))) {
    // Its processes have been ended; the kernel takes a moment to count them out.
    for (let left = 40; existsSync(folder); left--) {
      try {
        removeTree(folder);
      } catch (error) {
        if (left === 0) throw error;
        await pause(50);
      }
    }
  }
}

/** Where cgroups of version 1 lie, each hierarchy by itself, and those of version 2. */
function hierarchies(): readonly string[] {
  if (!existsSync(CGROUPS)) return [];
  const inside = readdirSync(CGROUPS, { withFileTypes: true }).filter((one) => one.isDirectory());
  return [CGROUPS, ...inside.map(({ name }) => path.join(CGROUPS, name))];
}

function removeTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(path.join(folder, entry.name));
  }
  rmdirSync(folder);
}
