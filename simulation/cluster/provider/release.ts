import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse, parseAllDocuments } from "yaml";
import {
  type CheckRequest,
  type Created,
  type CreateRequest,
  type DeleteRequest,
  type DiffRequest,
  type DiffResult,
  type Found,
  hasUnknown,
  isUnknown,
  type Properties,
  type ReadRequest,
  type ResourceHandler,
  type UpdateRequest,
} from "../../../components/provider/index.ts";
import { changesBetween } from "../../cloud/diff.ts";
import { hex } from "../../cloud/identifiers.ts";
import { mapOf, textOf } from "../../cloud/paths.ts";
import { run } from "../command.ts";

export const RELEASE = "kubernetes:helm.sh/v3:Release";
/** Of a release that sets none: the provider's own. Seconds. */
const DEFAULT_TIMEOUT_S = 300;

/** Helm and the cluster it works on. */
export interface HelmContext {
  /** Path of Helm's executable. */
  readonly helm: string;
  /** Text of a kubeconfig. */
  readonly kubeconfig: string;
  readonly namespace: string;
}

/** Inputs that are switches of `helm install` and `helm upgrade`. */
const SWITCHES = {
  atomic: "--atomic",
  cleanupOnFail: "--cleanup-on-fail",
  createNamespace: "--create-namespace",
  skipCrds: "--skip-crds",
  waitForJobs: "--wait-for-jobs",
} as const;

/**
 * `helm.v3.Release` by Helm itself: install, upgrade, uninstall, with the provider's inputs.
 * Source: pulumi/pulumi-kubernetes provider/pkg/provider/helm_release.go.
 */
export class ReleaseHandler implements ResourceHandler {
  readonly #context: () => HelmContext;

  constructor(context: () => HelmContext) {
    this.#context = context;
  }

  async check({ news, olds, name, urn, randomSeed }: CheckRequest) {
    const named = {
      ...news,
      name: news.name ?? olds.name ?? `${name}-${hex(8, randomSeed, urn)}`,
      namespace: news.namespace ?? this.#context().namespace,
    };
    if (hasUnknown(named)) return { inputs: named };
    // The chart's own version, where the program gives a range or nothing.
    try {
      const shown = await this.#helm("show", "chart", ...chartArgs(named));
      return { inputs: { ...named, version: String(parse(shown).version) } };
    } catch (error) {
      const reason = `${(error as Error).message}; check the chart name and repository configuration.`;
      return { inputs: named, failures: [{ property: "chart", reason }] };
    }
  }

  diff({ oldInputs, news }: DiffRequest): DiffResult {
    const changes = changesBetween(oldInputs, news, ["name", "namespace"]);
    const replaces = Object.values(changes).some((kind) => kind.endsWith("-replace"));
    return { changes, deleteBeforeReplace: replaces && oldInputs.name === news.name };
  }

  async create({ inputs, preview }: CreateRequest): Promise<Created> {
    if (preview) return { id: "", outputs: inputs };
    await this.#deploy("install", inputs);
    return { id: idOf(inputs), outputs: await this.#outputs(inputs) };
  }

  async update({ inputs, preview }: UpdateRequest): Promise<Properties> {
    if (preview) return inputs;
    await this.#deploy("upgrade", inputs);
    return this.#outputs(inputs);
  }

  async read({ id, inputs }: ReadRequest): Promise<Found | undefined> {
    const [namespace = "", name = ""] = id.split("/");
    const known = { ...inputs, name, namespace };
    try {
      return { id, inputs: known, outputs: await this.#outputs(known) };
    } catch (error) {
      if (/release: not found/.test((error as Error).message)) return undefined;
      throw error;
    }
  }

  async delete({ inputs }: DeleteRequest): Promise<void> {
    const name = textOf(inputs.name) ?? "";
    await this.#helm(
      "uninstall",
      name,
      ...within(inputs),
      "--ignore-not-found",
      "--wait",
      ...timeout(inputs),
    );
  }

  async #deploy(verb: "install" | "upgrade", inputs: Properties): Promise<void> {
    const folder = await mkdtemp(path.join(tmpdir(), "helm-values-"));
    const values = path.join(folder, "values.json");
    const switches = Object.entries(SWITCHES).filter(([input]) => inputs[input] === true);
    try {
      await writeFile(values, JSON.stringify(mapOf(inputs.values)), { mode: 0o600 });
      await this.#helm(
        verb,
        textOf(inputs.name) ?? "",
        ...chartArgs(inputs),
        ...within(inputs),
        ...["--values", values],
        ...(inputs.skipAwait === true ? [] : ["--wait"]),
        ...timeout(inputs),
        ...switches.map(([, flag]) => flag),
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #outputs(inputs: Properties): Promise<Properties> {
    const name = textOf(inputs.name) ?? "";
    const status = JSON.parse(
      await this.#helm("status", name, ...within(inputs), "--output", "json"),
    );
    const manifest = await this.#helm("get", "manifest", name, ...within(inputs));
    const metadata = JSON.parse(
      await this.#helm("get", "metadata", name, ...within(inputs), "--output", "json"),
    );
    return {
      ...inputs,
      resourceNames: resourceNames(manifest),
      status: {
        appVersion: metadata.appVersion,
        chart: metadata.chart,
        name,
        namespace: metadata.namespace,
        revision: status.version,
        status: status.info.status,
        version: metadata.version,
      },
    };
  }

  async #helm(...args: readonly string[]): Promise<string> {
    const { helm, kubeconfig } = this.#context();
    const folder = await mkdtemp(path.join(tmpdir(), "helm-"));
    const file = path.join(folder, "kubeconfig");
    try {
      await writeFile(file, kubeconfig, { mode: 0o600 });
      // Caches and repositories of its own: the user's are no part of a deployment.
      const env = {
        ...process.env,
        HELM_CACHE_HOME: folder,
        HELM_CONFIG_HOME: folder,
        HELM_DATA_HOME: folder,
      };
      const { stdout } = await run(helm, ["--kubeconfig", file, ...args], {
        timeoutMs: 1_800_000,
        env,
      });
      return stdout;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

const idOf = (inputs: Properties): string => `${inputs.namespace}/${inputs.name}`;

const within = (inputs: Properties): readonly string[] => [
  "--namespace",
  textOf(inputs.namespace) ?? "default",
];

const timeout = (inputs: Properties): readonly string[] => [
  "--timeout",
  `${inputs.timeout ?? DEFAULT_TIMEOUT_S}s`,
];

/** Chart, version and repository. A folder has its version in itself. */
function chartArgs(inputs: Properties): readonly string[] {
  const chart = textOf(inputs.chart) ?? "";
  const repo = textOf(mapOf(inputs.repositoryOpts).repo);
  const version = isUnknown(inputs.version) ? undefined : textOf(inputs.version);
  const local = chart.startsWith("/") || chart.startsWith(".");
  return [
    chart,
    ...(repo === undefined ? [] : ["--repo", repo]),
    ...(version === undefined || local ? [] : ["--version", version]),
  ];
}

/** Names by kind, as the provider's output of that name has them. */
function resourceNames(manifest: string): Record<string, string[]> {
  const names: Record<string, string[]> = {};
  for (const document of parseAllDocuments(manifest)) {
    const object = document.toJS();
    if (object?.kind === undefined) continue;
    const { name, namespace } = object.metadata;
    const key = `${object.kind}/${object.apiVersion}`;
    names[key] = [...(names[key] ?? []), namespace === undefined ? name : `${namespace}/${name}`];
  }
  return names;
}
