import type { z } from "zod";

/** `["dataPorts", 0, "port"]` as `dataPorts[0].port`. */
function pathText(path: readonly PropertyKey[]): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else text += text === "" ? String(step) : `.${String(step)}`;
  }
  return text;
}

/**
 * Every mistake of a failed validation, one line each, in the order of the file:
 * `path: what is wrong; what is allowed`.
 */
export function configMistakes(error: z.ZodError): string[] {
  const lines: string[] = [];
  for (const issue of error.issues) {
    const keys = issue.code === "unrecognized_keys" ? issue.keys : [undefined];
    for (const key of keys) {
      const path = pathText(key === undefined ? issue.path : [...issue.path, key]);
      lines.push(`${path === "" ? "(whole document)" : path}: ${issue.message}`);
    }
  }
  return lines;
}
