import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, realpathSync } from "node:fs";
import path from "node:path";
import { nativeAddonFile } from "../src/data/native/build.ts";

/** Files of a layer: path in the image without a leading slash, to the file on this machine. */
export type Files = ReadonlyMap<string, string>;

const packageFolder = path.dirname(import.meta.dirname);
const root = path.dirname(packageFolder);

/**
 * Node and the shared libraries that it is linked with, from this machine: what a distribution's
 * base image would bring, without its shell and package manager.
 *
 * @throws Error where `ldd` does not know a library: the image would not start.
 */
export const baseFiles = (node: string): Files => programFiles("node", node);

/**
 * The command with which the director has the kernel forward, and its libraries; none where this
 * machine has no nftables. Without it sockets forward everything.
 */
export function nftFiles(): Files {
  const nft = ["/usr/sbin/nft", "/usr/bin/nft"].find((file) => existsSync(file));
  return nft === undefined ? new Map() : programFiles("nft", nft);
}

function programFiles(name: string, file: string): Files {
  const files = new Map([[`usr/local/bin/${name}`, realpathSync(file)]]);
  for (const library of librariesOf(execFileSync("ldd", [file], { encoding: "utf8" }))) {
    files.set(library.slice(1), realpathSync(library));
  }
  return files;
}

/** Absolute paths in the output of ldd(1); the kernel's own vdso has none. */
export function librariesOf(ldd: string): string[] {
  return ldd
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.includes("linux-vdso"))
    .map((line) => {
      const file = /(\/\S+)(?: \(0x|$)/.exec(line)?.[1];
      if (file === undefined) {
        throw new Error(`a library is missing on this machine: ${line.trim()}`);
      }
      return file;
    });
}

/**
 * The native data path, compiled by this machine's compiler; none where that cannot be. Without it
 * sockets of node:dgram forward.
 */
export async function nativeFiles(): Promise<Files> {
  try {
    return new Map([["app/udp-director/native/udp-director.node", await nativeAddonFile()]]);
  } catch {
    return new Map();
  }
}

/** The director and what it depends on at run time, as npm resolved it; no tests. */
export function appFiles(): Files {
  const files = new Map<string, string>();
  const add = (folder: string, target: string, keep: (name: string) => boolean): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const from = path.join(folder, entry.name);
      const to = `${target}/${entry.name}`;
      if (entry.isDirectory() && keep(`${entry.name}/`)) {
        add(from, to, keep);
      } else if (entry.isFile() && keep(entry.name)) {
        files.set(to, from);
      }
    }
  };
  files.set("app/udp-director/package.json", path.join(packageFolder, "package.json"));
  add(path.join(packageFolder, "bin"), "app/udp-director/bin", () => true);
  add(path.join(packageFolder, "src"), "app/udp-director/src", isShipped);
  for (const name of runtimePackages()) {
    add(path.join(root, name), `app/${name}`, isNeeded);
  }
  return files;
}

/** Source that runs in the image. */
export function isShipped(name: string): boolean {
  return !/\.test\.ts$|^testing\/$|^soak\/$/.test(name);
}

/** Files of a dependency that run: no nested packages (they are listed by themselves), no types. */
function isNeeded(name: string): boolean {
  return !/^node_modules\/$|\.d\.[cm]?ts$|\.map$|\.md$/.test(name);
}

/** Folders below the repository's root of every run-time dependency, nested ones included. */
function runtimePackages(): string[] {
  const args = ["ls", "--workspace", "udp-director", "--omit=dev", "--all", "--parseable"];
  const listed = execFileSync("npm", args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return listed
    .split("\n")
    .filter((line) => line.includes("node_modules/"))
    .map((line) => path.relative(root, line))
    .filter((name) => name !== "node_modules/udp-director");
}
