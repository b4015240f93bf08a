import { type Stats, unwatchFile, watchFile } from "node:fs";
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { configMistakes } from "../config/mistakes.ts";
import { resourceFileSchema, type StaticResource } from "../config/resources.ts";

/** Content of a discovery file, or why it cannot be used. */
export type ResourceFile =
  | { readonly ok: true; readonly resources: readonly StaticResource[] }
  | { readonly ok: false; readonly why: string };

/** Reads and validates the text of a discovery file (YAML, of which JSON is a part). */
export function parseResourceFile(text: string): ResourceFile {
  let value: unknown;
  try {
    value = parse(text, { logLevel: "error" });
  } catch (error) {
    const [firstLine = ""] = String(error instanceof Error ? error.message : error).split("\n");
    return { ok: false, why: firstLine.replace(/:$/, "") };
  }
  const result = resourceFileSchema.safeParse(value);
  return result.success
    ? { ok: true, resources: result.data.resources }
    : { ok: false, why: configMistakes(result.error).join("; ") };
}

/**
 * A discovery file and its changes. Looks at the file's status at an interval instead of asking
 * the kernel for events: that follows symlinks (ConfigMap mounts swap one), works on every file
 * system, and sees the file appear after it was missing.
 */
export class ResourceFileWatch {
  readonly #path: string;
  readonly #pollMs: number;
  #listener: ((current: Stats) => void) | undefined;

  constructor(path: string, pollMs: number) {
    this.#path = path;
    this.#pollMs = pollMs;
  }

  /** Calls back after each change. Call once. */
  start(changed: () => void): void {
    this.#listener = () => changed();
    watchFile(this.#path, { interval: this.#pollMs, persistent: false }, this.#listener);
  }

  /** The file as it is now. Never rejects. */
  async read(): Promise<ResourceFile> {
    try {
      return parseResourceFile(await readFile(this.#path, "utf8"));
    } catch (error) {
      return { ok: false, why: error instanceof Error ? error.message : String(error) };
    }
  }

  close(): void {
    if (this.#listener) unwatchFile(this.#path, this.#listener);
    this.#listener = undefined;
  }
}
