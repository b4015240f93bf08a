import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { cacheFolder } from "./cache.ts";
import { buildGoTool, moduleFolderOf, type Progress } from "./go-build.ts";

export interface GoToolOptions {
  /** Last part of the `tool` line that is meant, where `go.mod` has several. */
  readonly command?: string;
  /**
   * For a folder with a main package of our own in the place of a `tool` line: the module whose
   * version it takes. Left out for one that needs no module.
   */
  readonly of?: string;
  /**
   * What `go build` is told beside the package, for a command that is told its own version while
   * it is linked. An executable that is there already is not built again for other flags.
   *
   * @param version Without a `v`.
   */
  readonly flags?: (version: string) => readonly string[];
  /** What to expect, for the line that says that it is being built, such as "2 minutes". */
  readonly takes?: string;
}

/**
 * A tool whose folder here holds a `go.mod` and a `go.sum`: built once for each user and version,
 * into the cache folder.
 *
 * @param name Folder below `toolchain/`.
 * @returns The executable's path.
 */
export async function goTool(
  name: string,
  progress: Progress,
  options: GoToolOptions = {},
): Promise<string> {
  const moduleFolder = path.join(import.meta.dirname, name);
  const { command, version, key } = wanted(moduleFolder, options);
  const target = path.join(
    cacheFolder(),
    "go-tools",
    `${name}-v${version}${key}-${process.platform}-${process.arch}`,
    options.command ?? name,
  );
  if (!existsSync(target)) {
    const takes = options.takes === undefined ? "" : `, ${options.takes} on 2 cores`;
    const what = [name, options.command, version].filter((part) => part !== undefined).join(" ");
    progress(`building ${what} from its Go module: once for this user${takes}`);
    const started = performance.now();
    const flags = options.flags?.(version) ?? [];
    await buildGoTool({ moduleFolder, package: command, target, flags }, progress);
    progress(`built ${what} in ${Math.round((performance.now() - started) / 1000)} s`);
  }
  return target;
}

/** Folder of a required module's sources, for what it holds beside Go: a chart, manifests. */
export function goModuleFolder(name: string, module: string): Promise<string> {
  return moduleFolderOf(path.join(import.meta.dirname, name), module);
}

/** The package to build, and what its place in the cache is named after. */
function wanted(folder: string, options: GoToolOptions) {
  const module = readFileSync(path.join(folder, "go.mod"), "utf8");
  if (options.of !== undefined) {
    return {
      command: ".",
      version: requiredVersion(module, options.of),
      key: `-${digest(folder)}`,
    };
  }
  if (existsSync(path.join(folder, "main.go"))) {
    return { command: ".", version: "0", key: `-${digest(folder)}` };
  }
  const tools = toolLines(module);
  const command = tools.find(
    (tool) => options.command === undefined || tool.endsWith(`/${options.command}`),
  );
  if (command === undefined) {
    throw new Error(`toolchain/${path.basename(folder)}/go.mod has no such tool line`);
  }
  return { command, version: requiredVersion(module, command), key: "" };
}

/** Of what we wrote ourselves, so that another clone's main package is another executable. */
function digest(folder: string): string {
  const hash = createHash("sha256");
  for (const file of readdirSync(folder).sort()) {
    hash.update(file).update(readFileSync(path.join(folder, file)));
  }
  return hash.digest("hex").slice(0, 8);
}

/** Packages that `go.mod` names as tools, alone on a line or in brackets. */
export function toolLines(goMod: string): readonly string[] {
  const blocks = [...goMod.matchAll(/^tool (?:\(([^)]*)\)|(\S+))$/gm)];
  return blocks.flatMap(([, block, one]) => (one ?? block ?? "").split(/\s+/).filter(Boolean));
}

/** The version of the module that holds a package: the longest required path that begins it. */
export function requiredVersion(goMod: string, packagePath: string): string {
  const required = [...goMod.matchAll(/^(?:require|\t)\s*(\S+) v(\S+)/gm)]
    .filter(([, module = ""]) => packagePath === module || packagePath.startsWith(`${module}/`))
    .sort(([, a = ""], [, b = ""]) => b.length - a.length);
  const version = required[0]?.[2];
  if (version === undefined) {
    throw new Error(`no required module holds ${packagePath}`);
  }
  return version;
}
