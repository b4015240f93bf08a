import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { configMistakes } from "../config/mistakes.ts";
import { resourceFileSchema, type StaticResource } from "../config/resources.ts";
import { FileWatch } from "../files/file-watch.ts";

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

/** A discovery file and its changes. */
export class ResourceFileWatch {
  readonly #path: string;
  readonly #watch: FileWatch;

  constructor(path: string, pollMs: number) {
    this.#path = path;
    this.#watch = new FileWatch(path, pollMs);
  }

  /** Calls back after each change. Call once. */
  start(changed: () => void): void {
    this.#watch.start(changed);
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
    this.#watch.close();
  }
}
