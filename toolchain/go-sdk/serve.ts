import { spawn } from "node:child_process";
import grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/language_grpc_pb.js";
import type language from "@pulumi/pulumi/proto/language_pb.js";
import { bindLoopback, unary } from "../grpc.ts";
import { ended, hostMethods, programEnvironment } from "../language-host/host.ts";

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
    ...hostMethods,
    run: unary((request: language.RunRequest) => run(binary, request)),
  });
  const port = await bindLoopback(server);
  return { address: `127.0.0.1:${port}`, stop: () => server.forceShutdown() };
}

function run(binary: string, request: language.RunRequest): Promise<language.RunResponse> {
  const child = spawn(binary, [], {
    stdio: "inherit",
    env: {
      ...programEnvironment(request),
      PULUMI_ORGANIZATION: request.getOrganization(),
      PULUMI_PROJECT: request.getProject(),
      PULUMI_STACK: request.getStack(),
      PULUMI_DRY_RUN: String(request.getDryrun()),
      PULUMI_PARALLEL: String(request.getParallel()),
      PULUMI_MONITOR: request.getMonitorAddress(),
      PULUMI_ENGINE: request.getArgsList()[0] ?? "",
    },
  });
  return ended(child);
}
