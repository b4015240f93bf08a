import { createHash } from "node:crypto";
import type { Input } from "@pulumi/pulumi";
import {
  configMistakes,
  type DirectorConfigInput,
  directorConfigSchema,
} from "udp-director/config-schema";
import { invalid } from "../endpoint/invalid.ts";
import { isPlain, sortedByKey } from "../endpoint/plain.ts";
import type { DirectorPortConfig } from "./ports.ts";

/** A value as it is, or with outputs at any depth. */
type Deep<T> = T extends string | number | boolean | null | undefined
  ? Input<T>
  : Input<T> | Input<{ [K in keyof T]: Deep<T[K]> }>;

type Rest = Omit<DirectorConfigInput, keyof DirectorPortConfig>;

/**
 * The director's configuration under its published keys. Ports are plain numbers; everything else
 * may hold outputs, such as the cluster name of a Service for a static backend.
 */
export type DirectorConfigArgs = DirectorPortConfig & { [K in keyof Rest]: Deep<Rest[K]> };

/** True if nothing in the value has to be waited for. */
export function isFullyPlain(value: unknown): boolean {
  if (!isPlain(value)) {
    return false;
  }
  return typeof value !== "object" || value === null || Object.values(value).every(isFullyPlain);
}

/**
 * The text of the director's configuration file. Validated by the director's own schema, so that a
 * mistake is found here and not by a pod that never becomes ready; keys sorted, so that only a
 * change of meaning changes the text. JSON, which every YAML reader takes.
 *
 * @throws InputPropertyError listing every mistake.
 */
export function configFile(config: unknown): string {
  const result = directorConfigSchema.safeParse(config);
  if (!result.success) {
    invalid("config", `has mistakes:\n${configMistakes(result.error).join("\n")}`);
  }
  return `${JSON.stringify(sorted(config), undefined, 2)}\n`;
}

/** A fingerprint of the configuration, for the annotation that rolls the pods. */
export function fingerprint(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  return sortedByKey(
    Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, sorted(inner)])),
  );
}
