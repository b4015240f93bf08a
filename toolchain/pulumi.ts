import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { cacheFolder } from "./cache.ts";
import { buildGoTool, goVersion, type Progress } from "./go-build.ts";
import { requiredVersion } from "./go-tool.ts";

const run = promisify(execFile);
const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(here);

const CLI_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
/** Older engines lack the provider handshake and `plugins.providers` with a folder that we use. */
const OLDEST_CLI = [3, 180] as const;
/** Time for the official installer to download the CLI. Milliseconds. */
const DOWNLOAD_TIMEOUT_MS = 300_000;

export interface PulumiCli {
  /** Absolute path of the executable. */
  readonly binary: string;
  /** Without a `v`, for example `3.259.0`. */
  readonly version: string;
  /** Where it came from. */
  readonly source: "path" | "download" | "built";
  /** The environment to start it with: PATH with its folder and a Node.js language host in front. */
  readonly env: Readonly<Record<string, string>>;
}

/** No CLI is at hand and none could be had; the message says what to do. */
export class NoPulumiCliError extends Error {
  override readonly name = "NoPulumiCliError";
}

export interface FindOptions {
  readonly environment?: NodeJS.ProcessEnv;
  /** Called with a line for each step that takes long. */
  readonly progress?: Progress;
  /** Downloads the official CLI; gives why it could not, in a line. Left out: the npm package does. */
  readonly download?: (environment: NodeJS.ProcessEnv) => Promise<string | undefined>;
}

/**
 * Finds a Pulumi CLI: on PATH; else one that an earlier call downloaded or built; else the npm
 * package `pulumi` downloads the official one; else it is built from its Go module, pinned and
 * checksummed in `toolchain/pulumi-cli`, once for each user and version.
 *
 * @throws NoPulumiCliError
 */
export async function findPulumi(options: FindOptions = {}): Promise<PulumiCli> {
  const environment = options.environment ?? process.env;
  const progress = options.progress ?? (() => {});
  const built = builtBinary(environment);

  for (const binary of candidatesOnPath(environment)) {
    const version = await versionOf(binary);
    if (version !== undefined && isRecent(version)) {
      return cli(binary, version, "path", environment);
    }
    progress(
      `passing over ${binary} (${version ?? "does not run"}): ${OLDEST_CLI.join(".")} or newer is needed`,
    );
  }
  const cached = downloadedBinary(environment);
  if (existsSync(cached)) {
    return cli(cached, await versionOrFail(cached), "download", environment);
  }
  if (existsSync(built)) {
    return cli(built, await versionOrFail(built), "built", environment);
  }

  progress("no Pulumi CLI on PATH: asking the npm package `pulumi` to download the official one");
  const refused = await (options.download ?? downloadOfficial)(environment);
  if (refused === undefined && existsSync(cached)) {
    return cli(cached, await versionOrFail(cached), "download", environment);
  }
  progress(`the download is not possible here (${refused ?? "it left no executable"})`);

  const go = await goVersion(environment);
  if (go === undefined) {
    throw new NoPulumiCliError(
      "There is no Pulumi CLI on PATH, it cannot be downloaded from here, and there is no Go to build it with. " +
        "Install the CLI (https://www.pulumi.com/docs/install/) or Go 1.26 or newer, and run this again.",
    );
  }
  progress(
    `building Pulumi ${pinnedVersion()} from its Go module with Go ${go}: once for this user, about 7 minutes on 2 cores`,
  );
  const started = performance.now();
  try {
    await buildGoTool(
      {
        moduleFolder: path.join(here, "pulumi-cli"),
        package: CLI_PACKAGE,
        target: built,
        // Without its version the CLI and the Automation API refuse to work together.
        flags: [
          "-tags=osusergo,grpcnotrace",
          `-ldflags=-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${pinnedVersion()}`,
        ],
      },
      progress,
    );
  } catch (error) {
    throw new NoPulumiCliError(
      `The Pulumi CLI could not be built from its Go module: ${error instanceof Error ? error.message : error}\n` +
        "Install the CLI (https://www.pulumi.com/docs/install/) and run this again.",
    );
  }
  progress(`built in ${Math.round((performance.now() - started) / 1000)} s`);
  return cli(built, await versionOrFail(built), "built", environment);
}

/** The version that `toolchain/pulumi-cli/go.mod` pins, without a `v`. */
export function pinnedVersion(): string {
  return requiredVersion(
    readFileSync(path.join(here, "pulumi-cli", "go.mod"), "utf8"),
    CLI_PACKAGE,
  );
}

function builtBinary(environment: NodeJS.ProcessEnv): string {
  const platform = `${process.platform}-${process.arch}`;
  return path.join(
    cacheFolder(environment),
    "pulumi-cli",
    `v${pinnedVersion()}-${platform}`,
    "pulumi",
  );
}

/** `pulumi` of the npm package only downloads the CLI: it is a source of its own, not one on PATH. */
function* candidatesOnPath(environment: NodeJS.ProcessEnv): Generator<string> {
  for (const folder of (environment.PATH ?? "").split(path.delimiter)) {
    const binary = path.join(folder, "pulumi");
    if (folder !== "" && !folder.includes("node_modules") && existsSync(binary)) {
      yield binary;
    }
  }
}

async function versionOf(binary: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(binary, ["version"], {
      timeout: 20_000,
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
    return stdout.trim().replace(/^v/, "");
  } catch {
    return undefined;
  }
}

async function versionOrFail(binary: string): Promise<string> {
  const version = await versionOf(binary);
  if (version === undefined) {
    throw new NoPulumiCliError(
      `The Pulumi CLI at ${binary} does not run: delete that folder and run this again.`,
    );
  }
  return version;
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST_CLI[0] || (major === OLDEST_CLI[0] && minor >= OLDEST_CLI[1]);
}

const npmPackage = path.join(root, "node_modules", "pulumi");

function downloadHome(environment: NodeJS.ProcessEnv): string {
  return path.join(cacheFolder(environment), "pulumi-download");
}

function downloadedBinary(environment: NodeJS.ProcessEnv): string {
  const { version } = JSON.parse(readFileSync(path.join(npmPackage, "package.json"), "utf8"));
  return path.join(downloadHome(environment), "versions", version, "bin", "pulumi");
}

/** @returns Why it did not work, in one line; `undefined` when it did. */
async function downloadOfficial(environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    await run(process.execPath, [path.join(npmPackage, "run.js"), "version"], {
      env: { ...environment, PULUMI_HOME: downloadHome(environment) },
      timeout: DOWNLOAD_TIMEOUT_MS,
    });
    return undefined;
  } catch (error) {
    const text = String((error as { stderr?: string }).stderr || error).trim();
    return text.split("\n").at(-1) ?? "no reason given";
  }
}

async function cli(
  binary: string,
  version: string,
  source: PulumiCli["source"],
  environment: NodeJS.ProcessEnv,
): Promise<PulumiCli> {
  const folder = path.dirname(binary);
  if (source === "built") {
    await placeLanguageHost(folder);
  }
  return {
    binary,
    version,
    source,
    env: {
      PATH: [folder, environment.PATH ?? ""].join(path.delimiter),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      [HOST_VARIABLE]: path.join(here, "language-host", "pulumi-language-nodejs"),
    },
  };
}

/** Tells the stand-in beside the built CLI which clone's language host to start. */
const HOST_VARIABLE = "PULUMI_UDP_LANGUAGE_HOST";

/**
 * The engine takes a language host beside its own executable as its own, and warns of one that it
 * finds elsewhere on PATH. Clones share the built CLI, so what lies there only points on.
 */
async function placeLanguageHost(folder: string): Promise<void> {
  const file = path.join(folder, "pulumi-language-nodejs");
  if (existsSync(file)) {
    return;
  }
  const unfinished = `${file}.${process.pid}.part`;
  await writeFile(unfinished, `#!/bin/sh\nexec "$${HOST_VARIABLE}" "$@"\n`, { mode: 0o755 });
  await rename(unfinished, file);
}
