import type { ChildProcess } from "node:child_process";
import language from "@pulumi/pulumi/proto/language_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import { unary } from "../grpc.ts";

/** What every language host of ours answers, whatever it runs. */
export const hostMethods = {
  getPluginInfo: unary(() => {
    const info = new plugin.PluginInfo();
    info.setVersion("1.0.0");
    return info;
  }),
  handshake: unary(() => new language.LanguageHandshakeResponse()),
  // Plugins are the caller's business here: nothing is downloaded behind its back.
  getRequiredPlugins: unary(() => new language.GetRequiredPluginsResponse()),
  getRequiredPackages: unary(() => new language.GetRequiredPackagesResponse()),
};

/** A program's environment: this process's, with the stack's configuration. */
export function programEnvironment(request: language.RunRequest): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
  };
}

/**
 * The engine's answer once a program has ended.
 *
 * @param reported - Exit code of one that has told the user by itself what is wrong.
 */
export async function ended(
  program: ChildProcess,
  reported?: number,
): Promise<language.RunResponse> {
  const code = await new Promise<number>((resolve, reject) => {
    program.once("error", reject);
    program.once("exit", (exitCode) => resolve(exitCode ?? 255));
  });
  const response = new language.RunResponse();
  if (code === reported) {
    response.setBail(true);
  } else if (code !== 0) {
    response.setError(`the program ended with exit code ${code}`);
  }
  return response;
}
