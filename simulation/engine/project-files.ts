import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parse, stringify } from "yaml";
import { SEALED } from "../mini-engine/stack-config.ts";

interface StackFile {
  readonly encryptionsalt?: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

/**
 * Copies of a project's two files into another folder, so that the engine never writes to the
 * originals: the program stays where it is.
 */
export async function copyProjectFiles(options: {
  readonly projectDir: string;
  readonly main: string | undefined;
  readonly stack: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly target: string;
}): Promise<void> {
  const project = parse(readFileSync(path.join(options.projectDir, "Pulumi.yaml"), "utf8"));
  const main = path.resolve(options.projectDir, options.main ?? project.main ?? ".");
  const absolute = withAbsolutePlugins({ ...project, main }, options.projectDir);
  const copy = withImports(absolute, options.projectDir);
  await writeFile(path.join(options.target, "Pulumi.yaml"), stringify(copy));

  const name = `Pulumi.${options.stack}.yaml`;
  const original = path.join(options.projectDir, name);
  const stack: StackFile = existsSync(original) ? parse(readFileSync(original, "utf8")) : {};
  const config = mergedConfig(project.name, stack.config ?? {}, options.config);
  const written = path.join(options.target, name);
  // What the engine has sealed so far stays readable: plans and states hold it.
  const { encryptionsalt }: StackFile = existsSync(written)
    ? parse(readFileSync(written, "utf8"))
    : {};
  const seal = encryptionsalt === undefined ? {} : { encryptionsalt };
  await writeFile(written, stringify({ ...seal, config }));
}

interface PluginPath {
  readonly path?: string;
}

interface ProjectFile {
  readonly plugins?: Readonly<Record<string, readonly PluginPath[]>>;
}

/** Folders of a project's own plugins, which the engine reads relative to Pulumi.yaml. */
export function withAbsolutePlugins<T extends ProjectFile>(project: T, folder: string): T {
  const plugins = Object.entries(project.plugins ?? {}).map(([kind, listed]) => [
    kind,
    listed.map((plugin) =>
      plugin.path === undefined ? plugin : { ...plugin, path: path.resolve(folder, plugin.path) },
    ),
  ]);
  return plugins.length === 0 ? project : { ...project, plugins: Object.fromEntries(plugins) };
}

interface Runtime {
  readonly runtime?:
    | string
    | { readonly name: string; readonly options?: Readonly<Record<string, unknown>> };
}

const QUIET = import.meta.resolve("../quiet-program.ts");

/**
 * Modules that Node imports before the program (`nodeargs`), found from the project's folder, and
 * ours before them.
 */
function withImports<T extends Runtime>(project: T, folder: string): T {
  const given = typeof project.runtime === "string" ? { name: project.runtime } : project.runtime;
  if (given?.name !== "nodejs") return project;
  const { nodeargs = "" } = given.options ?? {};
  const require = createRequire(path.join(path.resolve(folder), "Pulumi.yaml"));
  const absolute = String(nodeargs).replaceAll(
    /(?<=--import[ =])\S+/g,
    (module) => pathToFileURL(require.resolve(module)).href,
  );
  const options = { ...given.options, nodeargs: `--import ${QUIET} ${absolute}`.trim() };
  return { ...project, runtime: { ...given, options } };
}

/**
 * Pure part: overrides win, keys get their project, and sealed values, which need a passphrase
 * that is not ours, become a stand-in.
 */
export function mergedConfig(
  project: string,
  given: Readonly<Record<string, unknown>>,
  overrides: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const full = (key: string): string => (key.includes(":") ? key : `${project}:${key}`);
  const merged: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    merged[full(key)] = isSealed(value) ? SEALED : value;
  }
  for (const [key, value] of Object.entries(overrides)) {
    merged[full(key)] = value;
  }
  return merged;
}

function isSealed(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).join() === "secure";
}
