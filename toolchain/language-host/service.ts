import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/language_grpc_pb.js";
import language from "@pulumi/pulumi/proto/language_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import { bindLoopback, unary } from "../grpc.ts";
import { nodeArguments, programArguments } from "./arguments.ts";
import { ended, hostMethods, programEnvironment } from "./host.ts";
import { runPlugin } from "./plugin.ts";

/** The SDK exits with this when it has told the user what is wrong (@pulumi/pulumi/cmd/run). */
const EXIT_ALREADY_REPORTED = 32;

/**
 * A Node.js language host for engines that came without one: a CLI built from its Go module has
 * only the engine in it. It runs programs, policy packs and plugins, and does nothing that writes code or
 * installs packages.
 *
 * @param engineAddress - Where plugins reach the engine, `host:port`.
 * @returns The port on 127.0.0.1.
 */
export async function serve(engineAddress: string): Promise<number> {
  const server = new grpc.Server();
  server.addService(services.LanguageRuntimeService, {
    ...hostMethods,
    cancel: unary(() => new emptyProto.Empty()),
    getProgramDependencies: unary(() => new language.GetProgramDependenciesResponse()),
    about: unary(() => {
      const about = new language.AboutResponse();
      about.setExecutable(process.execPath);
      about.setVersion(process.version);
      return about;
    }),
    installDependencies: (call: grpc.ServerWritableStream<unknown, unknown>) => call.end(),
    run: unary((request: language.RunRequest) => run(request, engineAddress)),
    runPlugin,
  });
  return bindLoopback(server);
}

/** The SDK of the program itself, not the host's: they may differ. */
function runCommand(directory: string): string {
  return createRequire(path.join(directory, "/")).resolve("@pulumi/pulumi/cmd/run/index.js");
}

function run(request: language.RunRequest, engineAddress: string): Promise<language.RunResponse> {
  const info = request.getInfo();
  const directory = info?.getProgramDirectory() || request.getPwd();
  const child = spawn(
    process.execPath,
    [
      ...nodeArguments(info?.getOptions()?.toJavaScript()),
      runCommand(directory),
      ...programArguments(request, engineAddress),
    ],
    {
      cwd: request.getPwd(),
      stdio: "inherit",
      env: programEnvironment(request),
    },
  );
  return ended(child, EXIT_ALREADY_REPORTED);
}
