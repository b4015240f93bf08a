import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { nodeArguments } from "../../toolchain/language-host/arguments.ts";

/** Configuration as a program receives it: full keys, values as text. */
export interface StackConfig {
  readonly values: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
}

export interface Project {
  readonly name: string;
  /** Absolute path of the program. */
  readonly main: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Arguments for the program's Node. */
  readonly nodeArguments: readonly string[];
}

/** What stands in for an encrypted value, which only the engine and its passphrase can open. */
export const SEALED = "[sealed]";

export function readProject(folder: string, main?: string): Project {
  const file = path.join(folder, "Pulumi.yaml");
  const document = parse(readFileSync(file, "utf8"));
  if (typeof document?.name !== "string") {
    throw new Error(`${file} names no project`);
  }
  return {
    name: document.name,
    main: path.resolve(folder, main ?? document.main ?? "."),
    config: document.config ?? {},
    nodeArguments: nodeArguments(document.runtime?.options),
  };
}

/** The configuration of a stack: `Pulumi.<stack>.yaml`, then the overrides. */
export function readStackConfig(
  folder: string,
  project: Project,
  stack: string,
  overrides: Readonly<Record<string, unknown>> = {},
): StackConfig {
  const file = path.join(folder, `Pulumi.${stack}.yaml`);
  const document = existsSync(file) ? parse(readFileSync(file, "utf8")) : undefined;
  const given = { ...defaultsOf(project), ...document?.config };
  return stackConfig(project.name, given, overrides);
}

function defaultsOf(project: Project): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(project.config).flatMap(([key, setting]) => {
      const declared = setting as { value?: unknown; default?: unknown } | null;
      const value = isPlain(setting) ? setting : (declared?.value ?? declared?.default);
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

const isPlain = (value: unknown): boolean => typeof value !== "object" || value === null;

/** Pure part: keys get their project, values become text, sealed ones a stand-in. */
export function stackConfig(
  project: string,
  given: Readonly<Record<string, unknown>>,
  overrides: Readonly<Record<string, unknown>>,
): StackConfig {
  const values: Record<string, string> = {};
  const secretKeys: string[] = [];
  for (const [key, value] of [...Object.entries(given), ...Object.entries(overrides)]) {
    const full = key.includes(":") ? key : `${project}:${key}`;
    if (!isPlain(value) && Object.keys(value as object).join() === "secure") {
      values[full] = SEALED;
      secretKeys.push(full);
    } else {
      values[full] = typeof value === "string" ? value : JSON.stringify(value);
    }
  }
  return { values, secretKeys };
}

/** The part of the configuration that belongs to a provider, without its prefix. */
export function providerConfig(config: StackConfig, provider: string): Record<string, string> {
  const prefix = `${provider}:`;
  return Object.fromEntries(
    Object.entries(config.values)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}
