import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { debianCommand } from "../../toolchain/debian.ts";
import { goVersion, type Progress } from "../../toolchain/go-build.ts";
import { goTool } from "../../toolchain/go-tool.ts";
import { kubernetes } from "../../toolchain/kubernetes.ts";
import { type ProgramImage, programImage } from "./images.ts";
import type { LocalClusterTools } from "./local-cluster.ts";
import { CNI_PLUGINS } from "./machine/node-programs.ts";
import { PAUSE_IMAGE } from "./machine/plan.ts";
import { NAMES_IMAGE } from "./names.ts";

/** Programs by name, with their Debian packages where those are named differently. */
const PROGRAMS = {
  ...{ etcd: "etcd-server", openssl: "openssl", containerd: "containerd", ctr: "containerd" },
  ...{ setpriv: "util-linux", unshare: "util-linux", nsenter: "util-linux" },
  // Not started by us: containerd, kubelet and kube-proxy look for these on PATH.
  ...{ runc: "runc", conntrack: "conntrack", nft: "nftables", ip: "iproute2", mount: "mount" },
} as const;

/**
 * Finds or builds what a cluster on this machine is made of, or says in a line why this machine
 * cannot have one. Programs of Debian are installed where that is possible, with no service
 * started; the others are built once for the user.
 */
export async function localClusterTools(
  progress: Progress,
): Promise<LocalClusterTools | { readonly missing: string }> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    return { missing: "nodes need Linux and root: namespaces, mounts and cgroups" };
  }
  if ((await goVersion()) === undefined) {
    return { missing: "no Go on PATH to build Kubernetes with" };
  }
  const found: Record<string, string> = {};
  for (const [command, name] of Object.entries(PROGRAMS)) {
    const one = await debianCommand({ command, package: name }, progress);
    if ("missing" in one) return one;
    found[command] = one.file;
  }
  const plugin = { command: "bridge", folder: CNI_PLUGINS, package: "containernetworking-plugins" };
  const plugins = await debianCommand(plugin, progress);
  if ("missing" in plugins) return plugins;
  const programs = found as Record<keyof typeof PROGRAMS, string>;
  return {
    ...programs,
    kubernetes: await kubernetes(progress),
    namesArchive: await namesArchive(progress),
    pauseArchive: await archiveBeside(await goTool("pause", progress), { reference: PAUSE_IMAGE }),
  };
}

/** CoreDNS, which `toolchain/coredns/go.mod` pins. */
async function namesArchive(progress: Progress): Promise<string> {
  const options = { of: "github.com/coredns/coredns", takes: "2 minutes" };
  return archiveBeside(await goTool("coredns", progress, options), { reference: NAMES_IMAGE });
}

/**
 * An archive of an image with one program that was built into the cache, made once and kept beside
 * it.
 */
export async function archiveBeside(
  program: string,
  image: Omit<ProgramImage, "program" | "files">,
): Promise<string> {
  const options = createHash("sha256").update(JSON.stringify(image)).digest("hex").slice(0, 8);
  const archive = `${program}-${options}.tar`;
  if (!existsSync(archive)) {
    const unfinished = `${archive}.${process.pid}.part`;
    try {
      await programImage({ ...image, program }, unfinished);
      await rename(unfinished, archive);
    } finally {
      await rm(unfinished, { force: true });
    }
  }
  return archive;
}
