import type { RunRequest } from "@pulumi/pulumi/proto/language_pb.js";

/** Command line of `@pulumi/pulumi/cmd/run` for a request of the engine. */
export function programArguments(request: RunRequest, engineAddress: string): string[] {
  const info = request.getInfo();
  const flags: Record<string, string> = {
    monitor: request.getMonitorAddress(),
    engine: engineAddress,
    organization: request.getOrganization(),
    project: request.getProject(),
    "root-directory": info?.getRootDirectory() ?? "",
    stack: request.getStack(),
    pwd: info?.getProgramDirectory() ?? request.getPwd(),
    parallel: request.getParallel() > 0 ? String(request.getParallel()) : "",
  };
  return [
    ...Object.entries(flags).flatMap(([name, value]) => (value ? [`--${name}`, value] : [])),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    info?.getEntryPoint() || request.getProgram() || ".",
    ...request.getArgsList(),
  ];
}

/**
 * Arguments for Node itself, from the option `nodeargs` of the project's runtime, as the official
 * host takes them: words between blanks.
 */
export function nodeArguments(options: Readonly<Record<string, unknown>> = {}): string[] {
  const { nodeargs } = options;
  return typeof nodeargs === "string" ? nodeargs.split(/\s+/).filter(Boolean) : [];
}
