import { ApiStatusError } from "../kubernetes/api.ts";
import { type Collection, collectionName } from "../kubernetes/collection.ts";
import type { KubernetesObject } from "../kubernetes/object.ts";
import type { ReflectorSink } from "../kubernetes/reflector.ts";
import { type ByValue, byLabel } from "../selection/label-index.ts";
import type { Resource } from "../selection/resource.ts";
import { drainReason } from "./availability.ts";
import type { BackendState, ChangeFeed } from "./changes.ts";
import type { DiscoveryReporter } from "./discovery.ts";

/** What a watched collection needs from outside. */
export interface WatchedCollectionOptions {
  readonly collection: Collection;
  /** Types of resourceQueryMapping that it holds; none for services of service mode alone. */
  readonly resourceTypes: readonly string[];
  /** Those of them whose backends are the objects themselves, and whose changes are told. */
  readonly toldTypes: readonly string[];
  readonly changes: ChangeFeed;
  readonly report: DiscoveryReporter;
  /** Called after the whole list has come for the first time, and after each failed try. */
  readonly tried: () => void;
  /** Called after each change of the objects. */
  readonly changed: () => void;
}

/** The objects of one collection, as the API server last told of them. */
export class WatchedCollection implements ReflectorSink {
  readonly #options: WatchedCollectionOptions;
  readonly #kind: "pod" | "other";
  #objects = new Map<string, KubernetesObject>();
  #present: readonly Resource[] | undefined;
  readonly #byLabel = new Map<string, ByValue<KubernetesObject>>();
  #loaded = false;
  #tried = false;
  #trouble: string | undefined;

  constructor(options: WatchedCollectionOptions) {
    this.#options = options;
    const { group, resource } = options.collection;
    this.#kind = group === "" && resource === "pods" ? "pod" : "other";
  }

  get loaded(): boolean {
    return this.#loaded;
  }

  /** True after the first try to load it, whether or not it went well. */
  get tried(): boolean {
    return this.#tried;
  }

  /** Backends that are there, by name: draining ones too, pods that are not ready not. */
  get present(): readonly Resource[] {
    this.#present ??= this.#sorted().filter((one) => {
      return drainReason(one, this.#kind) !== "not_ready";
    });
    return this.#present;
  }

  /** All objects, by name. */
  get objects(): readonly KubernetesObject[] {
    return this.#sorted();
  }

  /** Number of backends that may get new sessions. */
  get available(): number {
    return this.present.filter((one) => drainReason(one, this.#kind) === undefined).length;
  }

  /** The first object, by name, whose label has this value. */
  withLabel(label: string, value: string): Resource | undefined {
    const index = this.#byLabel.get(label) ?? byLabel(this.#sorted(), label);
    this.#byLabel.set(label, index);
    return index.get(value)?.[0];
  }

  replace(objects: readonly KubernetesObject[]): void {
    this.#objects = new Map(objects.map((object) => [object.metadata.name, object]));
    this.#changed();
    const states = new Map(objects.map((object) => [object.metadata.name, this.#state(object)]));
    for (const group of this.#groups()) this.#options.changes.replace(group, states);
    if (this.#loaded) return;
    this.#loaded = true;
    const name = collectionName(this.#options.collection);
    this.#options.report.info(`read ${objects.length} ${name} from the Kubernetes API`);
    this.#tried = true;
    this.#options.tried();
  }

  put(object: KubernetesObject): void {
    const { name } = object.metadata;
    this.#objects.set(name, object);
    this.#changed();
    const state = this.#state(object);
    for (const group of this.#groups()) this.#options.changes.put(group, name, state);
  }

  remove(object: KubernetesObject): void {
    const { name } = object.metadata;
    this.#objects.delete(name);
    this.#changed();
    for (const group of this.#groups()) this.#options.changes.remove(group, name);
  }

  requested(_kind: "list" | "watch", ok: boolean, seconds: number): void {
    const { resourceTypes, collection, report } = this.#options;
    report.apiRequest(resourceTypes[0] ?? collection.resource, ok, seconds);
  }

  watching(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#options.report.info(`watching ${collectionName(this.#options.collection)} again`);
  }

  failed(error: unknown): void {
    this.#tried = true;
    this.#options.tried();
    if (error instanceof ApiStatusError && error.status === 410) return;
    const trouble = describe(error, this.#options.collection);
    // One line until it works again or goes wrong in another way: tries go on for ever.
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    const kept = this.#loaded ? "the last good list stays" : "not ready until it works";
    this.#options.report.problem("kubernetes", `${trouble}; ${kept}`);
  }

  #changed(): void {
    this.#present = undefined;
    this.#byLabel.clear();
    this.#options.changed();
  }

  #sorted(): KubernetesObject[] {
    const name = (object: KubernetesObject) => object.metadata.name;
    return [...this.#objects.values()].sort((a, b) => (name(a) < name(b) ? -1 : 1));
  }

  #state(object: KubernetesObject): BackendState {
    const { podIP, address } = object.status ?? {};
    return {
      identity: JSON.stringify([object.metadata.uid, podIP, address]),
      drain: drainReason(object, this.#kind),
    };
  }

  #groups() {
    const { namespace } = this.#options.collection;
    return this.#options.toldTypes.map((resourceType) => ({ resourceType, namespace }));
  }
}

/** What went wrong and what to do about it, in a line. */
function describe(error: unknown, collection: Collection): string {
  const name = collectionName(collection);
  const { group, version } = collection;
  const why = error instanceof Error ? error.message : String(error);
  switch (error instanceof ApiStatusError ? error.status : undefined) {
    case 401:
      return `the API server does not accept our credentials for ${name}: ${why}; check the service account or kubeconfig`;
    case 403:
      return `may not watch ${name}: ${why}; grant it get, list and watch there`;
    case 404:
      return `the API server has no ${name} in ${group === "" ? "the core group" : group}/${version}; is its definition installed?`;
    default:
      return `cannot watch ${name}: ${why}`;
  }
}
