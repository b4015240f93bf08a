import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import type grpc from "@grpc/grpc-js";
import language from "@pulumi/pulumi/proto/language_pb.js";

/** Kind of the plugins that are policy packs (pulumi/pulumi sdk/go/common/apitype/plugins.go). */
const ANALYZER = "analyzer";

/**
 * Starts a policy pack with the SDK's own `cmd/run-policy-pack`, or a provider with its
 * `cmd/run-plugin`; passes on what it writes (the first line is its port), and ends it when the
 * engine lets go of the call.
 */
export function runPlugin(
  call: grpc.ServerWritableStream<language.RunPluginRequest, language.RunPluginResponse>,
): void {
  const { request } = call;
  const folder = request.getInfo()?.getProgramDirectory() ?? "";
  const args = request.getArgsList();
  const [runner, ...rest] =
    request.getKind() === ANALYZER
      ? ["run-policy-pack", args[0] ?? "", folder]
      : ["run-plugin", folder, ...args];
  const command = createRequire(path.join(folder, "/")).resolve(
    `@pulumi/pulumi/cmd/${runner}/index.js`,
  );
  const child = spawn(process.execPath, [command, ...rest], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: environmentOf(request.getEnvList()),
  });
  const write = (fill: (response: language.RunPluginResponse) => void): void => {
    const response = new language.RunPluginResponse();
    fill(response);
    call.write(response);
  };
  child.stdout.on("data", (data: Buffer) => write((response) => response.setStdout(data)));
  child.stderr.on("data", (data: Buffer) => write((response) => response.setStderr(data)));
  child.once("error", (error) => call.destroy(error));
  child.once("close", (code) => {
    if (!call.cancelled) {
      write((response) => response.setExitcode(code ?? 1));
      call.end();
    }
  });
  call.once("cancelled", () => child.kill());
}

/** `NAME=value` lines; none stands for the host's own environment. */
function environmentOf(lines: readonly string[]): NodeJS.ProcessEnv {
  return lines.length === 0
    ? process.env
    : Object.fromEntries(
        lines.map((line) => {
          const at = line.indexOf("=");
          return [line.slice(0, at), line.slice(at + 1)];
        }),
      );
}
