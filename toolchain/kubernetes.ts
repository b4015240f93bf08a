import type { Progress } from "./go-build.ts";
import { goTool } from "./go-tool.ts";

/**
 * Finds the programs of Kubernetes that `toolchain/kubernetes/go.mod` pins, or builds them: one
 * executable that takes the name of a program as its first argument (`kube-apiserver`, `kubelet`,
 * `kubectl` and so on). Once for each user and version.
 *
 * @returns The executable's path.
 * @throws Error with the last lines of the compiler's output.
 */
export function kubernetes(progress: Progress): Promise<string> {
  return goTool("kubernetes", progress, {
    of: "k8s.io/kubernetes",
    flags: versionFlags,
    takes: "7 minutes",
  });
}

/** Without its version a program calls itself v0.0.0, and the API server refuses to start for that. */
export function versionFlags(version: string): readonly string[] {
  const [major = "", minor = ""] = version.split(".");
  const variables = { gitVersion: `v${version}`, gitMajor: major, gitMinor: minor };
  const set = Object.entries(variables).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
  );
  return [`-ldflags=-s -w ${set.join(" ")}`];
}
