import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import type { z } from "zod";
import { configMistakes } from "../config/mistakes.ts";
import { CliError, EXIT } from "./exit.ts";

/** Reads a YAML (or JSON) file and validates it. Rejects with one CliError naming everything. */
export async function readConfigFile<S extends z.ZodType>(
  path: string,
  schema: S,
): Promise<z.output<S>> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "ENOENT" ? "it does not exist" : String(error);
    throw new CliError(
      `cannot read the configuration ${path}: ${why}; name a file with --config`,
      EXIT.usage,
    );
  });
  return parseConfig(path, text, schema);
}

/** The configuration that a file's text holds. Throws one CliError naming everything wrong. */
export function parseConfig<S extends z.ZodType>(
  path: string,
  text: string,
  schema: S,
): z.output<S> {
  let value: unknown;
  try {
    value = parse(text, { logLevel: "error" });
  } catch (error) {
    // Not only YAMLParseError: an unknown alias or a flood of them is another one.
    throw new CliError(`${path} is not YAML: ${(error as Error).message.trim()}`, EXIT.usage);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const lines = configMistakes(result.error);
  const count = lines.length === 1 ? "1 mistake" : `${lines.length} mistakes`;
  throw new CliError(`${path} has ${count}:\n  ${lines.join("\n  ")}`, EXIT.usage);
}
