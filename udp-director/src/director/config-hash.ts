import { createHash } from "node:crypto";
import type { DirectorConfig } from "../config/schema.ts";

const sorted = (_key: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/** Twelve hex digits that are equal for configurations that mean the same, defaults filled in. */
export function configHash(config: DirectorConfig): string {
  return createHash("sha256").update(JSON.stringify(config, sorted)).digest("hex").slice(0, 12);
}
