import { debianCommand } from "../../toolchain/debian.ts";
import type { Progress } from "../../toolchain/go-build.ts";
import { goVersion } from "../../toolchain/go-build.ts";
import { kubernetes } from "../../toolchain/kubernetes.ts";
import type { ClusterTools } from "./api-server.ts";

/** Finds or builds what a cluster is made of, or says in a line why this machine cannot. */
export async function clusterTools(
  progress: Progress,
): Promise<ClusterTools | { readonly missing: string }> {
  const etcd = await debianCommand({ command: "etcd", package: "etcd-server" }, progress);
  if ("missing" in etcd) return etcd;
  const openssl = await debianCommand({ command: "openssl" }, progress);
  if ("missing" in openssl) return openssl;
  if ((await goVersion()) === undefined) {
    return { missing: "no Go on PATH to build Kubernetes with" };
  }
  return {
    etcd: etcd.file,
    openssl: openssl.file,
    kubernetes: await kubernetes(progress),
  };
}
