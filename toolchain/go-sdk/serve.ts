import { spawn } from "node:child_process";
import grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/language_grpc_pb.js";
import language from "@pulumi/pulumi/proto/language_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import { bindLoopback, unary } from "../grpc.ts";

/** A program that an engine reaches with `--client`. */
export interface Served {
  /** `host:port`. */
  readonly address: string;
  stop(): void;
}

/**
 * Serves one compiled Go program to an engine, as Pulumi's host for Go does
 * (sdk/go/pulumi-language-go of pulumi/pulumi, `Run`): it is told everything by its environment.
 */
export async function serveGoProgram(binary: string): Promise<Served> {
  const server = new grpc.Server();
  server.addService(services.LanguageRuntimeService, {
    getPluginInfo: unary(() => {
      const info = new plugin.PluginInfo();
      info.setVersion("1.0.0");
      return info;
    }),
    handshake: unary(() => new language.LanguageHandshakeResponse()),
    getRequiredPlugins: unary(() => new language.GetRequiredPluginsResponse()),
    getRequiredPackages: unary(() => new language.GetRequiredPackagesResponse()),
    run: unary((request: language.RunRequest) => run(binary, request)),
  });
  const port = await bindLoopback(server);
  return { address: `127.0.0.1:${port}`, stop: () => server.forceShutdown() };
}

async function run(binary: string, request: language.RunRequest): Promise<language.RunResponse> {
  const child = spawn(binary, [], {
    stdio: "inherit",
    env: {
      ...process.env,
      PULUMI_ORGANIZATION: request.getOrganization(),
      PULUMI_PROJECT: request.getProject(),
      PULUMI_STACK: request.getStack(),
      PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
      PULUMI_DRY_RUN: String(request.getDryrun()),
      PULUMI_PARALLEL: String(request.getParallel()),
      PULUMI_MONITOR: request.getMonitorAddress(),
      PULUMI_ENGINE: request.getArgsList()[0] ?? "",
    },
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (exitCode) => resolve(exitCode ?? 255));
  });
  const response = new language.RunResponse();
  if (code !== 0) {
    response.setError(`the program ended with exit code ${code}`);
  }
  return response;
}
