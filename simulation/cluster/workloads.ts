import { mkdir } from "node:fs/promises";
import path from "node:path";
import { debianCommand } from "../../toolchain/debian.ts";
import type { Progress } from "../../toolchain/go-build.ts";
import { goModuleFolder, goTool } from "../../toolchain/go-tool.ts";
import { buildImage } from "../../udp-director/image/build.ts";
import { programImage } from "./images.ts";
import { archiveBeside } from "./local-cluster-tools.ts";
import { serverPackages } from "./server-image.ts";

/** What a chart installs, without its registry: images, and the chart. */
export interface ChartFiles {
  readonly archives: readonly string[];
  /** Folder of the Helm chart. */
  readonly chart: string;
}

const METALLB = "go.universe.tf/metallb";

/** MetalLB that `toolchain/metallb/go.mod` pins, under the names that its chart gives the images. */
export async function metalLbFiles(progress: Progress): Promise<ChartFiles> {
  const chart = path.join(await goModuleFolder("metallb", METALLB), "charts", "metallb");
  const archives: string[] = [];
  for (const command of ["controller", "speaker"]) {
    const program = await goTool("metallb", progress, { command, takes: "2 minutes" });
    const reference = `quay.io/metallb/${command}:${versionOf(program)}`;
    archives.push(await archiveBeside(program, { reference }));
  }
  return { archives, chart };
}

/** Traefik of `toolchain/traefik/go.mod`, and its chart, whose `image.tag` has to be given. */
export async function traefikFiles(progress: Progress): Promise<ChartFiles & { tag: string }> {
  const module = "github.com/traefik/traefik-helm-chart";
  const chart = path.join(await goModuleFolder("charts", module), "traefik");
  const program = await goTool("traefik", progress, { takes: "6 minutes" });
  const tag = versionOf(program);
  return {
    tag,
    chart,
    archives: [await archiveBeside(program, { reference: `docker.io/library/traefik:${tag}` })],
  };
}

/**
 * cert-manager's four programs, which `toolchain/cert-manager` has in one, and its chart, where each
 * image's `tag` has to be given.
 */
export async function certManagerFiles(progress: Progress): Promise<ChartFiles & { tag: string }> {
  const module = "github.com/cert-manager/cert-manager";
  const chart = path.join(await goModuleFolder("charts", module), "deploy/charts/cert-manager");
  // Four images have it: without what a debugger needs it takes a third less.
  const options = { of: module, flags: () => ["-ldflags=-s -w"], takes: "3 minutes" };
  const program = await goTool("cert-manager", progress, options);
  const tag = versionOf(program);
  const archives: string[] = [];
  for (const command of ["controller", "webhook", "cainjector", "startupapicheck"]) {
    archives.push(
      await archiveBeside(program, {
        reference: `quay.io/jetstack/cert-manager-${command}:${tag}`,
        entrypoint: ["/cert-manager", command],
        user: "65532:65532",
      }),
    );
  }
  return { archives, chart, tag };
}

/** Builds or installs all that tests run on a cluster, where it is missing. */
export async function clusterWorkloads(progress: Progress): Promise<void> {
  await goTool("helm", progress, { takes: "2 minutes" });
  await metalLbFiles(progress);
  await traefikFiles(progress);
  await certManagerFiles(progress);
  await serverPackages(progress);
}

/** `v1.2.3`, which the folder of a tool that is built from a Go module is named after. */
const versionOf = (program: string): string =>
  /-(v[\d.]+)-/.exec(path.basename(path.dirname(program)))?.[1] ?? "";

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
