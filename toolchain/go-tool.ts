import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { cacheFolder } from "./cache.ts";
import { buildGoTool, type Progress } from "./go-build.ts";

/** What `go build` is told beside the package, for a version without a `v`. */
export type FlagsFor = (version: string) => readonly string[];

/**
 * A tool whose folder here holds a `go.mod` with a `tool` line and a `go.sum`: built once for each
 * user and version, into the cache folder.
 *
 * @param name - Folder below `toolchain/` and name of the command.
 * @param flagsFor - For a command that is told its own version while it is linked. An executable
 * that is there already is not built again for other flags.
 * @returns The executable's path.
 */
export async function goTool(
  name: string,
  progress: Progress,
  flagsFor: FlagsFor = () => [],
): Promise<string> {
  const moduleFolder = path.join(import.meta.dirname, name);
  const module = readFileSync(path.join(moduleFolder, "go.mod"), "utf8");
  const command = /^tool (\S+)$/m.exec(module)?.[1];
  if (command === undefined) {
    throw new Error(`toolchain/${name}/go.mod has no tool line`);
  }
  const version = requiredVersion(module, command);
  const target = path.join(
    cacheFolder(),
    "go-tools",
    `${name}-v${version}-${process.platform}-${process.arch}`,
    name,
  );
  if (!existsSync(target)) {
    progress(`building ${name} ${version} from its Go module: once for this user`);
    const flags = flagsFor(version);
    await buildGoTool({ moduleFolder, package: command, target, flags }, progress);
  }
  return target;
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
