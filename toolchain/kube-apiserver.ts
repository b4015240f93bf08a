import type { Progress } from "./go-build.ts";
import { goTool } from "./go-tool.ts";

/**
 * Finds the Kubernetes API server that `toolchain/kube-apiserver/go.mod` pins, or builds it: once
 * for each user and version, 5 to 8 minutes on 2 cores. It needs etcd beside it (Debian has it).
 *
 * @returns The executable's path.
 * @throws Error with the last lines of the compiler's output.
 */
export function kubeApiServer(progress: Progress): Promise<string> {
  return goTool("kube-apiserver", progress, versionFlags);
}

/** Without its version the server calls itself v0.0.0, and refuses to start for that. */
export function versionFlags(version: string): readonly string[] {
  const [major = "", minor = ""] = version.split(".");
  const variables = { gitVersion: `v${version}`, gitMajor: major, gitMinor: minor };
  const set = Object.entries(variables).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
  );
  return [`-ldflags=-s -w ${set.join(" ")}`];
}
