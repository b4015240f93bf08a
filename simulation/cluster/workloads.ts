import { mkdir } from "node:fs/promises";
import path from "node:path";
import { debianCommand } from "../../toolchain/debian.ts";
import type { Progress } from "../../toolchain/go-build.ts";
import { goModuleFolder, goTool } from "../../toolchain/go-tool.ts";
import { buildImage } from "../../udp-director/image/build.ts";
import { programImage } from "./images.ts";
import { archiveBeside } from "./local-cluster-tools.ts";

/** MetalLB, as it is installed without its registry: images, and the chart of the same version. */
export interface MetalLbFiles {
  readonly archives: readonly string[];
  /** Folder of the Helm chart. */
  readonly chart: string;
}

const METALLB = "go.universe.tf/metallb";

/** MetalLB that `toolchain/metallb/go.mod` pins, under the names that its chart gives the images. */
export async function metalLbFiles(progress: Progress): Promise<MetalLbFiles> {
  const chart = path.join(await goModuleFolder("metallb", METALLB), "charts", "metallb");
  const archives: string[] = [];
  for (const command of ["controller", "speaker"]) {
    const program = await goTool("metallb", progress, { command, takes: "2 minutes" });
    const version = /-v([\d.]+)-/.exec(path.basename(path.dirname(program)))?.[1];
    const reference = `quay.io/metallb/${command}:v${version}`;
    archives.push(await archiveBeside(program, { reference }));
  }
  return { archives, chart };
}

/** Image of the director, with the backend to try it with, from this clone. */
export const DIRECTOR_IMAGE = "localhost/udp-director:test";

/** Writes the director's image into a folder and gives the archive's path. */
export async function directorArchive(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const output = path.join(folder, "udp-director.tar");
  await buildImage({ output, reference: DIRECTOR_IMAGE, compressed: false });
  return output;
}

/** What `ValkeyStore` runs: the name and command are Valkey's, the server is Debian's Redis. */
export async function valkeyArchive(folder: string, progress: Progress): Promise<string> {
  const found = await debianCommand({ command: "redis-server" }, progress);
  if ("missing" in found) throw new Error(found.missing);
  const output = path.join(folder, "valkey.tar");
  const image = {
    ...{ reference: "docker.io/valkey/valkey:8.1.3", program: found.file, entrypoint: [] },
    at: "/usr/local/bin/valkey-server",
  };
  await programImage(image, output);
  return output;
}
