import { readFile } from "node:fs/promises";
import { parse, YAMLParseError } from "yaml";
import type { z } from "zod";
import { configMistakes } from "../config/mistakes.ts";
import { CliError, EXIT } from "./exit.ts";

/** Reads a YAML (or JSON) file and validates it. Rejects with one CliError naming everything. */
export async function readConfigFile<S extends z.ZodType>(
  path: string,
  schema: S,
): Promise<z.output<S>> {
  let value: unknown;
  try {
    value = parse(await readFile(path, "utf8"), { logLevel: "error" });
  } catch (error) {
    if (error instanceof YAMLParseError) {
      throw new CliError(`${path} is not YAML: ${error.message.trim()}`, EXIT.usage);
    }
    const why =
      (error as NodeJS.ErrnoException).code === "ENOENT" ? "it does not exist" : String(error);
    throw new CliError(
      `cannot read the configuration ${path}: ${why}; name a file with --config`,
      EXIT.usage,
    );
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const lines = configMistakes(result.error);
  const count = lines.length === 1 ? "1 mistake" : `${lines.length} mistakes`;
  throw new CliError(`${path} has ${count}:\n  ${lines.join("\n  ")}`, EXIT.usage);
}
