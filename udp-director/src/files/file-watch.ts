import { type Stats, unwatchFile, watchFile } from "node:fs";

/**
 * Tells of changes of a file. Looks at its status at an interval instead of asking the kernel for
 * events: that follows symlinks (ConfigMap mounts swap one), works on every file system, and sees
 * the file appear after it was missing.
 */
export class FileWatch {
  readonly #path: string;
  readonly #pollMs: number;
  #listener: ((current: Stats) => void) | undefined;

  constructor(path: string, pollMs: number) {
    this.#path = path;
    this.#pollMs = pollMs;
  }

  /** Calls back after each change. Call once. Does not keep the process alive. */
  start(changed: () => void): void {
    this.#listener = () => changed();
    watchFile(this.#path, { interval: this.#pollMs, persistent: false }, this.#listener);
  }

  close(): void {
    if (this.#listener) unwatchFile(this.#path, this.#listener);
    this.#listener = undefined;
  }
}
