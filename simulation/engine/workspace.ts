import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { compileCacheFolder } from "../../toolchain/cache.ts";
import { withoutPersonal } from "../../toolchain/environment.ts";
import { findPulumi } from "../../toolchain/pulumi.ts";
import { createWorldFolder, fileStore } from "../cloud/store.ts";
import type { WorldSeed } from "../cloud/world.ts";
import { attachClouds } from "./attached.ts";
import { runCommand } from "./command.ts";
import { type Events, readEvents } from "./events.ts";
import { installSimulatedPlugins } from "./plugins.ts";
import { copyProjectFiles } from "./project-files.ts";
import { type WorldEditor, worldEditor } from "./world-editor.ts";

const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");

export interface WorkspaceOptions {
  readonly stack: string;
  /** Folder of Pulumi.yaml. Default: this repository. Nothing in it is written to. */
  readonly projectDir?: string;
  /** Program to run in the place of the project's `main`; relative to `projectDir`. */
  readonly main?: string;
  /** Wins over `Pulumi.<stack>.yaml`; keys without a colon belong to the project. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** What exists already in the clouds. */
  readonly world?: WorldSeed;
  /** Milliseconds until a command is ended. Default: 120 000. */
  readonly timeoutMs?: number;
  /** Programs to serve a provider with in the place of the simulated one, by its name. */
  readonly plugins?: Readonly<Record<string, string>>;
  /**
   * Has the engine start the simulated clouds as plugins, anew for every command, as it does real
   * ones. Default: they run in this process, which takes a third off a command's CPU.
   */
  readonly ownProcesses?: boolean;
  /** A workspace whose state and clouds this one shares, as stacks that refer to each other do. */
  readonly beside?: Workspace;
  /** Environment variables for the engine and the program. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Outcome of one command of the engine. A failed deployment is an outcome, not an exception. */
export interface DeploymentResult extends Events {
  readonly succeeded: boolean;
  /** What the command wrote to the terminal. */
  readonly terminal: string;
  readonly milliseconds: number;
}

/** A resource in the engine's state. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly custom: boolean;
  readonly protect?: boolean;
  readonly parent?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly dependencies?: readonly string[];
  readonly propertyDependencies?: Readonly<Record<string, readonly string[] | null>>;
}

/** What `pulumi stack export` writes. */
export interface StackExport {
  readonly version: number;
  readonly deployment: {
    readonly resources?: readonly StateResource[];
    readonly [key: string]: unknown;
  };
}

/** A stack on the real engine and simulated clouds, in a folder that goes when it is closed. */
export interface Workspace {
  /** `flags` of these four go to Pulumi's command as they are, such as `--diff`. */
  up(...flags: readonly string[]): Promise<DeploymentResult>;
  preview(...flags: readonly string[]): Promise<DeploymentResult>;
  refresh(...flags: readonly string[]): Promise<DeploymentResult>;
  destroy(...flags: readonly string[]): Promise<DeploymentResult>;
  /** Takes the protection off everything in the state, as `pulumi state unprotect --all` does. */
  unprotect(): Promise<void>;
  /** Resources in the engine's state. */
  exportState(): Promise<readonly StateResource[]>;
  /** The whole state as the engine writes it, secrets in the clear. */
  exportDeployment(): Promise<StackExport>;
  /** Takes resources that exist into the state, as `pulumi import --file` does. */
  importResources(file: string, ...flags: readonly string[]): Promise<DeploymentResult>;
  /** Puts a whole state in the place of the one that is there. */
  importDeployment(state: StackExport): Promise<void>;
  /** Stack outputs, secrets in the clear. */
  outputs(): Promise<Readonly<Record<string, unknown>>>;
  /** Changes the configuration for the commands that follow. */
  configure(config: Readonly<Record<string, unknown>>): Promise<void>;
  /** Holds everything of the workspace. */
  readonly folder: string;
  /** The clouds behind the engine's back. */
  readonly world: WorldEditor;
  /** Ends what still runs and removes the folder. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a new, empty stack of a project.
 *
 * @throws NoPulumiCliError where there is no CLI and none can be had.
 */
export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const cli = await findPulumi();
  const folder = await mkdtemp(path.join(tmpdir(), "pulumi-udp-simulation-"));
  const inside = (name: string): string => path.join(folder, name);
  const shared = (name: string): string => path.join(options.beside?.folder ?? folder, name);
  await mkdir(inside("project"));
  if (options.beside === undefined) {
    await Promise.all(["home", "backend"].map((name) => mkdir(inside(name))));
    await installSimulatedPlugins(inside("home"), options.plugins);
  }
  const store = options.beside
    ? fileStore(shared("world"))
    : await createWorldFolder(inside("world"), options.world);
  const attached = options.ownProcesses
    ? undefined
    : await attachClouds(store, Object.keys(options.plugins ?? {}));
  const closed = new AbortController();
  let config = options.config ?? {};
  const writeFiles = (): Promise<void> =>
    copyProjectFiles({
      projectDir: options.projectDir ?? repository,
      main: options.main,
      stack: options.stack,
      config,
      target: inside("project"),
    });
  await writeFiles();

  const pulumi = (...args: readonly string[]) =>
    runCommand(cli.binary, [...args, "--non-interactive", "--stack", options.stack], {
      cwd: inside("project"),
      env: {
        ...withoutPersonal(process.env),
        ...cli.env,
        ...attached?.env,
        ...options.env,
        // The project's Node before the machine's, which may be older.
        PATH: [path.dirname(process.execPath), cli.env.PATH].join(path.delimiter),
        // Makes the event log available, as the Automation API does.
        PULUMI_DEBUG_COMMANDS: "true",
        PULUMI_HOME: shared("home"),
        PULUMI_BACKEND_URL: `file://${shared("backend")}`,
        PULUMI_CONFIG_PASSPHRASE: "simulation",
        SIMULATION_STATE: shared("world"),
        NODE_COMPILE_CACHE: compileCacheFolder(),
      },
      timeoutMs: options.timeoutMs ?? 120_000,
      signal: closed.signal,
    });

  let commands = 0;
  const deploy = async (...args: readonly string[]): Promise<DeploymentResult> => {
    commands += 1;
    const log = inside(`events-${commands}.jsonl`);
    const started = performance.now();
    const { exitCode, terminal } = await pulumi(...args, "--event-log", log);
    const events = readEvents(await readFile(log, "utf8").catch(() => ""));
    const milliseconds = Math.round(performance.now() - started);
    return { ...events, succeeded: exitCode === 0, terminal, milliseconds };
  };
  const run = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, terminal } = await pulumi(...args);
    if (exitCode !== 0) {
      throw new Error(`pulumi ${args.join(" ")} failed:\n${terminal}`);
    }
    return terminal;
  };
  const ask = async (...args: readonly string[]): Promise<unknown> =>
    JSON.parse(await run(...args));
  const close = async (): Promise<void> => {
    closed.abort();
    attached?.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };

  const made = await runInit(pulumi);
  if (made !== undefined) {
    await close();
    throw new Error(made);
  }
  return {
    up: (...flags) => deploy("up", "--yes", "--skip-preview", ...flags),
    preview: (...flags) => deploy("preview", ...flags),
    refresh: (...flags) => deploy("refresh", "--yes", "--skip-preview", ...flags),
    destroy: (...flags) => deploy("destroy", "--yes", "--skip-preview", ...flags),
    unprotect: async () => {
      await run("state", "unprotect", "--all", "--yes");
    },
    exportState: async () => {
      const { deployment } = (await ask("stack", "export")) as StackExport;
      return deployment.resources ?? [];
    },
    exportDeployment: async () => (await ask("stack", "export", "--show-secrets")) as StackExport,
    importResources: (file, ...flags) =>
      deploy(
        "import",
        "--file",
        file,
        "--generate-code=false",
        "--yes",
        "--skip-preview",
        ...flags,
      ),
    importDeployment: async (state) => {
      await writeFile(inside("import.json"), JSON.stringify(state));
      await run("stack", "import", "--file", inside("import.json"));
    },
    outputs: async () =>
      (await ask("stack", "output", "--json", "--show-secrets")) as Record<string, unknown>,
    configure: async (changed) => {
      config = { ...config, ...changed };
      await writeFiles();
    },
    folder,
    world: worldEditor(store),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function runInit(
  pulumi: (...args: readonly string[]) => Promise<{ exitCode: number; terminal: string }>,
): Promise<string | undefined> {
  const { exitCode, terminal } = await pulumi("stack", "init", "--no-select");
  return exitCode === 0 ? undefined : `the stack could not be made:\n${terminal}`;
}
