import type { Properties, Provider } from "../../components/provider/index.ts";
import { memoryStore, type Store } from "../cloud/store.ts";
import type { WorldSeed } from "../cloud/world.ts";
import { simulatedClouds } from "../providers/index.ts";
import { providerFactory } from "../providers/simulated-cloud.ts";
import { Deployment } from "./deployment.ts";
import { serveMonitor } from "./monitor.ts";
import type { Diagnostic, PreviewedResource } from "./previewed.ts";
import { runProgram } from "./program.ts";
import { readProject, readStackConfig } from "./stack-config.ts";

export interface PreviewOptions {
  /** Folder of Pulumi.yaml. */
  readonly projectDir: string;
  /** Program to run in the place of the project's `main`; relative to `projectDir`. */
  readonly main?: string;
  readonly stack: string;
  /** Wins over `Pulumi.<stack>.yaml`; keys without a colon belong to the project. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** What exists already in the clouds. */
  readonly world?: WorldSeed;
  /** A world that other previews share; wins over `world`. */
  readonly store?: Store;
  /** Providers beside the simulated clouds, by their names. */
  readonly providers?: readonly Provider[];
  /** Milliseconds until the program is ended. Default: 60 000. */
  readonly timeoutMs?: number;
  /** Environment variables for the program, on top of a clean environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface PreviewResult {
  /** In order of registration, the stack itself among them. */
  readonly resources: readonly PreviewedResource[];
  /** The stack's outputs; secrets wrapped. */
  readonly outputs: Properties;
  readonly diagnostics: readonly Diagnostic[];
  /** 0 if the program ran to its end. */
  readonly exitCode: number;
  /** What the program wrote to its terminal. */
  readonly terminal: string;
}

/**
 * Previews a program without the Pulumi CLI, in less than a second: starts it as the engine would,
 * answers its registrations from the simulated clouds, and tells what it registered.
 */
export async function preview(options: PreviewOptions): Promise<PreviewResult> {
  const project = readProject(options.projectDir, options.main);
  const config = readStackConfig(options.projectDir, project, options.stack, options.config);
  const warnings: Diagnostic[] = [];
  const store = options.store ?? memoryStore(options.world);
  const warn = (message: string) => warnings.push({ severity: "warning", urn: "", message });
  const factories = new Map<string, () => Provider>();
  for (const cloud of simulatedClouds) {
    factories.set(cloud.name, await providerFactory(cloud, { store, warn }));
  }
  for (const provider of options.providers ?? []) {
    factories.set(provider.name, () => provider);
  }
  const deployment = new Deployment({
    project: project.name,
    stack: options.stack,
    config,
    factories,
  });
  const monitor = await serveMonitor(deployment);
  try {
    const { exitCode, terminal } = await runProgram({
      project,
      projectDir: options.projectDir,
      stack: options.stack,
      config,
      address: monitor.address,
      timeoutMs: options.timeoutMs ?? 60_000,
      env: options.env ?? {},
    });
    const stack = deployment.resources.find(({ type }) => type === "pulumi:pulumi:Stack");
    return {
      resources: deployment.resources,
      outputs: stack?.outputs ?? {},
      diagnostics: [...deployment.diagnostics, ...warnings],
      exitCode: exitCode === 0 && hasErrors(deployment) ? 1 : exitCode,
      terminal,
    };
  } finally {
    monitor.close();
  }
}

function hasErrors(deployment: Deployment): boolean {
  return deployment.diagnostics.some(({ severity }) => severity === "error");
}
