import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { withFileLock } from "../../toolchain/file-lock.ts";
import { newWorld, type World, type WorldSeed } from "./world.ts";

/** Where a world is kept. Both kinds do one transaction after the other. */
export interface Store {
  read(): Promise<World>;
  /**
   * Reads the world, lets `change` make the next one, and keeps it. What `change` throws leaves
   * the world as it was; what it returns beside the world is handed back.
   */
  transact<T>(change: (world: World) => { world: World; result: T }): Promise<T>;
}

/** A world in this process, for previews and unit tests. */
export function memoryStore(seed: WorldSeed = {}): Store {
  let world = newWorld(seed);
  return {
    read: async () => world,
    transact: async (change) => {
      const next = change(world);
      world = next.world;
      return next.result;
    },
  };
}

/**
 * A world in a folder, shared by the plugin processes of one deployment: `world.json`, replaced
 * atomically, under a lock file that names the process that holds it.
 */
export function fileStore(folder: string): Store {
  const file = path.join(folder, "world.json");
  const read = async (): Promise<World> => {
    try {
      return JSON.parse(await readFile(file, "utf8")) as World;
    } catch (error) {
      if (isCode(error, "ENOENT")) {
        return newWorld();
      }
      throw error;
    }
  };
  return {
    read,
    transact: (change) =>
      inLine(folder, async () => {
        const next = change(await read());
        const draft = `${file}.${process.pid}`;
        await writeFile(draft, `${JSON.stringify(next.world, null, 1)}\n`);
        await rename(draft, file);
        return next.result;
      }),
  };
}

/** Makes a world folder that starts from a seed. */
export async function createWorldFolder(folder: string, seed: WorldSeed = {}): Promise<Store> {
  await mkdir(folder, { recursive: true });
  const store = fileStore(folder);
  await store.transact(() => ({ world: newWorld(seed), result: undefined }));
  return store;
}

/** Calls of one process wait in line here; only the first of them competes for the file. */
const lines = new Map<string, Promise<unknown>>();

function inLine<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const before = lines.get(folder) ?? Promise.resolve();
  const turn = before.then(() => withFileLock(path.join(folder, "lock"), work));
  lines.set(
    folder,
    turn.catch(() => {}),
  );
  return turn;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
