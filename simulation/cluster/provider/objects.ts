import { setTimeout as pause } from "node:timers/promises";
import {
  type Created,
  type CreateRequest,
  type DeleteRequest,
  type DiffRequest,
  type DiffResult,
  type Found,
  hasUnknown,
  type Properties,
  type ReadRequest,
  type ResourceHandler,
  UnhealthyResourceError,
  type UpdateRequest,
} from "../../../components/provider/index.ts";
import { changesBetween } from "../../cloud/diff.ts";
import { mapOf, textOf, valueAt, withValueAt } from "../../cloud/paths.ts";
import {
  AUTONAMED,
  annotationsOf,
  nameOf,
  skipsAwait,
} from "../../providers/kubernetes/objects.ts";
import { type KubeClient, KubeError } from "../kube-client.ts";
import { type ApiResources, NoMatchError, type ObjectRef } from "./api-resources.ts";
import * as identity from "./identity.ts";
import { readiness } from "./readiness.ts";

/** Of what is made by a plain create. */
const CREATOR = "pulumi-kubernetes";
/** Longest wait for an object unless the program says otherwise: the provider's own. Seconds. */
const DEFAULT_TIMEOUT_S = 600;
const POLL_MS = 200;
/** Tries of a create whose namespace or definition may be on its way. */
const CREATE_TRIES = 6;
/** Tries of a change that is good for one version of an object only. */
const HAND_OVER_TRIES = 5;

export interface Context {
  readonly client: KubeClient;
  readonly resources: ApiResources;
  /** Namespace of objects that name none. */
  readonly namespace: string;
}

/**
 * Objects of a real API server, as pulumi-kubernetes 4.34 handles them: a create, server-side apply
 * from then on, dry runs for previews, waits for what is awaited.
 * Source: pulumi/pulumi-kubernetes provider/pkg/{await/await.go,provider/provider.go}.
 */
export class ObjectHandler implements ResourceHandler {
  readonly #context: () => Context;

  constructor(context: () => Context) {
    this.#context = context;
  }

  check(request: Parameters<typeof identity.withName>[0]) {
    return { inputs: identity.withName(request) };
  }

  async diff({ oldInputs, oldOutputs, news }: DiffRequest): Promise<DiffResult> {
    const [olds, wanted] = await Promise.all([
      this.#withNamespace(mapOf(identity.pruned(oldOutputs, oldInputs))),
      this.#withNamespace(news),
    ]);
    const changes = changesBetween(olds, wanted, identity.immutablePaths(news));
    const replaces = Object.values(changes).some((kind) => kind.endsWith("-replace"));
    const sameName =
      nameOf(oldOutputs) === nameOf(news) &&
      valueAt(olds, "metadata.namespace") === valueAt(wanted, "metadata.namespace");
    const named = annotationsOf(news)[AUTONAMED] !== "true";
    return { changes, deleteBeforeReplace: replaces && named && sameName };
  }

  async create(request: CreateRequest): Promise<Created> {
    const { inputs, preview, urn } = request;
    const manager = identity.fieldManager(inputs, {}, urn);
    if (preview) {
      const shown = hasUnknown(inputs)
        ? undefined
        : await this.#tried(() => this.#post(inputs, true));
      // A status that is there and empty would be read as known.
      return { id: "", outputs: shown ? withValueAt(shown, "status", undefined) : inputs };
    }
    const made = await this.#postWithRetries(inputs, request.signal);
    return {
      id: this.#id(made),
      outputs: await this.#ready(made, manager, request),
    };
  }

  async update(request: UpdateRequest): Promise<Properties> {
    const { inputs, oldOutputs, preview, urn } = request;
    if (preview && hasUnknown(inputs)) return inputs;
    const manager = identity.fieldManager(inputs, oldOutputs, urn);
    const { client } = this.#context();
    const path = await this.#path(inputs);
    const live: Properties = await client.get(path);
    if (inputs.kind === "CustomResourceDefinition") {
      // As `kubectl replace` does.
      const version = valueAt(live, "metadata.resourceVersion");
      const body = withValueAt(inputs, "metadata.resourceVersion", version);
      const put = await client.call("PUT", `${path}${preview ? "?dryRun=All" : ""}`, body);
      return preview ? put : this.#ready(put, manager, request);
    }
    const ours = identity.managersOf(live).some(isCreators);
    if (!preview && ours) await this.#handOver(path, live, manager);
    const forced = annotationsOf(inputs)["pulumi.com/patchForce"] === "true" || (preview && ours);
    const query = new URLSearchParams({
      fieldManager: manager,
      ...(forced ? { force: "true" } : {}),
      ...(preview ? { dryRun: "All" } : {}),
    });
    const type = "application/apply-patch+yaml";
    const applied = await client.call("PATCH", `${path}?${query}`, inputs, type);
    return preview ? applied : this.#ready(applied, manager, request);
  }

  async read({ id, inputs, outputs, urn, type }: ReadRequest): Promise<Found | undefined> {
    const known = inputs.kind === undefined ? refOfType(type, id) : inputs;
    const live = await this.#tried(async () => this.#context().client.get(await this.#path(known)));
    if (live === undefined) return undefined;
    const imported = Object.keys(inputs).length === 0;
    const manager = identity.fieldManager(inputs, outputs, urn);
    return {
      id: this.#id(live),
      inputs: imported ? asProgram(live) : mapOf(identity.pruned(live, inputs)),
      outputs: identity.outputsOf(live, manager),
    };
  }

  async delete({ inputs, outputs, timeoutSeconds, signal }: DeleteRequest): Promise<void> {
    const { client } = this.#context();
    const known = outputs.kind === undefined ? inputs : outputs;
    const gone = async () =>
      (await this.#tried(async () => {
        const live = await client.get(await this.#path(known));
        return valueAt(live, "metadata.uid") === valueAt(known, "metadata.uid") ? live : undefined;
      })) === undefined;
    if (await gone()) return;
    await this.#tried(async () =>
      client.call("DELETE", await this.#path(known), { propagationPolicy: "Foreground" }),
    );
    if (skipsAwait(inputs)) return;
    const until = deadline(inputs, timeoutSeconds);
    while (!(await gone())) {
      signal.throwIfAborted();
      if (performance.now() > until) {
        throw new Error(`${known.kind} ${nameOf(known)} is still there: finalizers may hold it`);
      }
      await pause(POLL_MS);
    }
  }

  /** Live, and as it is awaited. */
  async #ready(object: Properties, manager: string, request: CreateRequest): Promise<Properties> {
    const { client, namespace } = this.#context();
    const path = await this.#path(object);
    const until = deadline(request.inputs, request.timeoutSeconds);
    const within = valueAt(object, "metadata.namespace") ?? namespace;
    const slices = `/apis/discovery.k8s.io/v1/namespaces/${within}/endpointslices?labelSelector=kubernetes.io/service-name=${nameOf(object)}`;
    for (;;) {
      const live: Properties = await client.get(path);
      const outputs = identity.outputsOf(live, manager);
      const endpoints = live.kind === "Service" ? (await client.get(slices)).items : [];
      const ready = skipsAwait(request.inputs) || readiness(live, endpoints);
      if (ready === true) return outputs;
      if (request.signal.aborted || performance.now() > until) {
        const { inputs } = request;
        throw new UnhealthyResourceError({ id: this.#id(live), inputs, outputs, reasons: ready });
      }
      await pause(POLL_MS);
    }
  }

  async #post(inputs: Properties, dryRun: boolean): Promise<Properties> {
    const { client, resources } = this.#context();
    const query = new URLSearchParams({
      fieldManager: CREATOR,
      ...(dryRun ? { dryRun: "All" } : {}),
    });
    return client.create(`${await resources.collection(this.#ref(inputs))}?${query}`, inputs);
  }

  async #postWithRetries(inputs: Properties, signal: AbortSignal): Promise<Properties> {
    for (let tried = 1; ; tried++) {
      try {
        return await this.#post(inputs, false);
      } catch (error) {
        signal.throwIfAborted();
        if (tried === CREATE_TRIES || !isMissing(error)) throw error;
        await pause(250 * 2 ** tried);
      }
    }
  }

  /**
   * What was made by a create belongs to the applier from its first update on. The published
   * provider gives up where a controller writes a status at that moment; a test would fail of it.
   */
  async #handOver(path: string, live: Properties, manager: string): Promise<void> {
    const { client } = this.#context();
    for (let tried = 1, seen = live; ; tried++) {
      const managers = identity
        .managersOf(seen)
        .map((one) => (isCreators(one) ? { ...one, manager, operation: "Apply" } : one));
      const version = valueAt(seen, "metadata.resourceVersion");
      const patch = [
        { op: "replace", path: "/metadata/managedFields", value: managers },
        { op: "replace", path: "/metadata/resourceVersion", value: version },
      ];
      try {
        await client.call("PATCH", path, patch, "application/json-patch+json");
        return;
      } catch (error) {
        const moved = error instanceof KubeError && error.status === 409;
        if (!moved || tried === HAND_OVER_TRIES) throw error;
        seen = await client.get(path);
      }
    }
  }

  /** `undefined` for what is not there, may not be tried, or is there already. */
  async #tried<T>(call: () => Promise<T>): Promise<T | undefined> {
    try {
      return await call();
    } catch (error) {
      const passed =
        isMissing(error) || (error instanceof KubeError && [403, 409].includes(error.status));
      if (!passed) throw error;
      return undefined;
    }
  }

  #ref(object: Properties): ObjectRef {
    return {
      apiVersion: textOf(object.apiVersion) ?? "",
      kind: textOf(object.kind) ?? "",
      name: nameOf(object),
      namespace: textOf(valueAt(object, "metadata.namespace")) ?? this.#context().namespace,
    };
  }

  #path(object: Properties): Promise<string> {
    return this.#context().resources.path(this.#ref(object));
  }

  #id(object: Properties): string {
    const namespace = textOf(valueAt(object, "metadata.namespace"));
    return namespace === undefined ? nameOf(object) : `${namespace}/${nameOf(object)}`;
  }

  /** The namespace that an object without one is put into, so that it is no change. */
  async #withNamespace(object: Properties): Promise<Properties> {
    if (valueAt(object, "metadata.namespace") !== undefined) return object;
    const { resources, namespace } = this.#context();
    const { apiVersion, kind } = this.#ref(object);
    const namespaced = await resources.isNamespaced({ apiVersion, kind }).catch((error) => {
      if (error instanceof NoMatchError) return true;
      throw error;
    });
    return namespaced ? withValueAt(object, "metadata.namespace", namespace) : object;
  }
}

const isCreators = ({ manager, operation }: Properties): boolean =>
  manager === CREATOR && operation === "Update";

const isMissing = (error: unknown): boolean =>
  error instanceof NoMatchError || (error instanceof KubeError && error.status === 404);

function deadline(inputs: Properties, timeoutSeconds: number): number {
  const annotated = Number(annotationsOf(inputs)["pulumi.com/timeoutSeconds"] ?? 0);
  return performance.now() + (timeoutSeconds || annotated || DEFAULT_TIMEOUT_S) * 1000;
}

/** What an import knows: `kubernetes:apps/v1:Deployment` and `namespace/name`. */
function refOfType(type: string, id: string): Properties {
  const [, group = "", kind = ""] = type.split(":");
  const [name = "", namespace] = id.split("/").reverse();
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  return { apiVersion: group.replace(/^core\//, ""), kind, metadata };
}

/** A live object as a program would have written it. */
function asProgram(live: Properties): Properties {
  const { name = "", namespace, labels, annotations } = mapOf(live.metadata);
  const known = Object.entries({ name, namespace, labels, annotations });
  const metadata = Object.fromEntries(known.filter(([, value]) => value !== undefined));
  const { status: _status, ...rest } = live;
  return { ...rest, metadata } as Properties;
}
