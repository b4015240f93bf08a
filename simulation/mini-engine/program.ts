import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { compileCacheFolder } from "../../toolchain/cache.ts";
import type { Project, StackConfig } from "./stack-config.ts";

export interface ProgramOptions {
  readonly project: Project;
  readonly projectDir: string;
  readonly stack: string;
  readonly config: StackConfig;
  /** Address of monitor and engine. */
  readonly address: string;
  readonly timeoutMs: number;
  readonly env: Readonly<Record<string, string>>;
}

/** Variables that would let a program's outcome depend on the machine it runs on. */
const PERSONAL = /^(PULUMI_|KUBECONFIG$|AWS_|ARM_|AZURE_|CLOUDFLARE_|DIGITALOCEAN_|NODE_OPTIONS$)/;

/** Starts a Pulumi program for a preview, as a language host does, and waits for its end. */
export async function runProgram(
  options: ProgramOptions,
): Promise<{ readonly exitCode: number; readonly terminal: string }> {
  const require = createRequire(path.join(options.projectDir, "package.json"));
  const child = spawn(
    process.execPath,
    [
      ...options.project.nodeArguments,
      ...["--import", import.meta.resolve("../quiet-program.ts")],
      require.resolve("@pulumi/pulumi/cmd/run"),
      ...["--monitor", options.address, "--engine", options.address],
      ...["--project", options.project.name, "--stack", options.stack],
      ...["--organization", "organization", "--root-directory", options.projectDir],
      ...["--pwd", options.projectDir, "--parallel", "16", "--dry-run"],
      options.project.main,
    ],
    {
      cwd: options.projectDir,
      env: {
        ...cleanEnvironment(process.env),
        ...options.env,
        // The SDK's modules are compiled once for a machine, which halves the program's start.
        NODE_COMPILE_CACHE: compileCacheFolder(),
        PULUMI_CONFIG: JSON.stringify(options.config.values),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(options.config.secretKeys),
      },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: options.timeoutMs,
      killSignal: "SIGKILL",
    },
  );
  let terminal = "";
  const collect = (text: string): void => {
    terminal += text;
  };
  child.stdout.setEncoding("utf8").on("data", collect);
  child.stderr.setEncoding("utf8").on("data", collect);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (signal !== null) {
        terminal += `\nended by ${signal} (the limit is ${options.timeoutMs} ms)`;
      }
      resolve({ exitCode: code ?? 1, terminal });
    });
  });
}

function cleanEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !PERSONAL.test(name)));
}
