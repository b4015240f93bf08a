import { randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** How often a holder shows that it is alive. Milliseconds. */
const TOUCH_MS = 5000;
/**
 * A file that nobody has touched for longer was left behind, whoever it names: process ids come
 * again, and those of another container mean nothing here. Milliseconds.
 */
const UNTOUCHED_MS = 30_000;
/** How often those who wait hear of it. Milliseconds. */
const REMIND_MS = 10_000;
const LONGEST_PAUSE_MS = 1000;

/**
 * Does some work while no other process that asks for the same file does its own. The file names
 * its holder, who touches it from time to time; one whose holder has died is taken over. Folders
 * that are missing are made. A process that asks twice waits for itself.
 *
 * A holder must not block its event loop for half a minute. What it writes has to be safe without
 * the lock as well, as a machine that slept may wake up with two holders.
 *
 * @param waiting Called when somebody else holds it, then every ten seconds, with its process id.
 * @returns What the work returns; the file is gone then, as it is when the work throws.
 */
export async function withFileLock<T>(
  file: string,
  work: () => Promise<T>,
  waiting: (holder: number) => void = () => {},
): Promise<T> {
  const release = await take(file, waiting);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function take(file: string, waiting: (holder: number) => void) {
  const started = performance.now();
  let reminded = Number.NEGATIVE_INFINITY;
  for (;;) {
    const release = await attempt(file);
    if (release !== undefined) return release;
    const held = await holderOf(file);
    if (held === undefined) continue;
    if (held.gone) {
      await takeAway(file, held.text);
      continue;
    }
    const now = performance.now();
    if (now - reminded > REMIND_MS) {
      reminded = now;
      waiting(held.pid);
    }
    // Soon at first, for work that takes milliseconds; and not all at once.
    await pause(2 + Math.random() * Math.min(8 + (now - started) / 10, LONGEST_PAUSE_MS));
  }
}

/** Makes the file and gives what removes it, or nothing where it is there already. */
async function attempt(file: string): Promise<(() => Promise<void>) | undefined> {
  const handle = await open(file, "wx").catch(async (error) => {
    if (isCode(error, "ENOENT")) await mkdir(path.dirname(file), { recursive: true });
    else if (!isCode(error, "EEXIST")) throw error;
  });
  if (handle === undefined) return undefined;
  const text = `${process.pid} ${randomUUID()}`;
  await handle.writeFile(text);
  const touch = setInterval(() => {
    handle.utimes(new Date(), new Date()).catch(() => {});
  }, TOUCH_MS).unref();
  return async () => {
    clearInterval(touch);
    await handle.close();
    const now = await readFile(file, "utf8").catch(() => "");
    if (now === text) await rm(file, { force: true });
  };
}

/** Who holds the file, and whether it is gone; nothing where the file is. */
async function holderOf(file: string) {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(file, "utf8"), stat(file)]);
    const pid = Number.parseInt(text, 10) || 0;
    // Its name is written a moment after the file is made.
    const gone = Date.now() - mtimeMs > UNTOUCHED_MS || (pid > 0 && !isAlive(pid));
    return { text, pid, gone };
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Removes a file that was left behind, unless it is another one's by now. */
async function takeAway(file: string, text: string): Promise<void> {
  const taken = `${file}.${randomUUID()}`;
  try {
    await rename(file, taken);
  } catch (error) {
    if (isCode(error, "ENOENT")) return;
    throw error;
  }
  if ((await readFile(taken, "utf8")) !== text) await link(taken, file).catch(() => {});
  await rm(taken, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, "EPERM");
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;
