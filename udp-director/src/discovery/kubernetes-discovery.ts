import type { KubernetesConfig } from "../config/kubernetes.ts";
import type { ResourceMapping } from "../config/schema.ts";
import type { KubernetesApi } from "../kubernetes/api.ts";
import { type Collection, collectionKey } from "../kubernetes/collection.ts";
import { Reflector } from "../kubernetes/reflector.ts";
import { isServiceMode } from "../selection/extract-service.ts";
import type { Resource } from "../selection/resource.ts";
import { type BackendGroup, ChangeFeed, type ChangeListener } from "./changes.ts";
import type { Discovery, DiscoveryReporter, ResourceCount } from "./discovery.ts";
import { groupKey } from "./group-key.ts";
import { WatchedCollection } from "./watched-collection.ts";

/** What Kubernetes discovery needs from outside. */
export interface KubernetesDiscoveryDependencies {
  readonly api: KubernetesApi;
  readonly mappings: Readonly<Record<string, ResourceMapping>>;
  readonly report: DiscoveryReporter;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** 0..1, 1 excluded; spreads waits. */
  readonly random: () => number;
}

interface Wanted {
  readonly collection: Collection;
  readonly resourceTypes: string[];
}

const SERVICES = { group: "", version: "v1", resource: "services" } as const;

/** Every mapped type in every namespace, and services where service mode needs them. */
function wantedCollections(
  mappings: Readonly<Record<string, ResourceMapping>>,
  namespaces: readonly string[],
): Wanted[] {
  const wanted = new Map<string, Wanted>();
  const want = (collection: Collection, resourceTypes: string[]) => {
    const key = collectionKey(collection);
    const known = wanted.get(key);
    if (known === undefined) wanted.set(key, { collection, resourceTypes });
    else known.resourceTypes.push(...resourceTypes);
  };
  for (const namespace of namespaces) {
    for (const [type, mapping] of Object.entries(mappings)) {
      const { group, version, resource } = mapping;
      want({ group, version, resource, namespace }, [type]);
      if (isServiceMode(mapping)) want({ ...SERVICES, namespace }, []);
    }
  }
  return [...wanted.values()];
}

/**
 * Backends that the Kubernetes API has, through one watch for each mapped type and namespace.
 * Queries are answered from memory and reach no namespace and no type that is not configured.
 */
export class KubernetesDiscovery implements Discovery {
  readonly #changes = new ChangeFeed();
  readonly #reflectors: readonly Reflector[];
  readonly #collections: WatchedCollection[] = [];
  readonly #byType = new Map<string, BackendGroup & { readonly watched: WatchedCollection }>();
  readonly #services = new Map<string, WatchedCollection>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #tried = Promise.withResolvers<void>();
  #running: Promise<unknown> = Promise.resolve();

  constructor(config: KubernetesConfig, dependencies: KubernetesDiscoveryDependencies) {
    const { api, mappings, report, now, random } = dependencies;
    const resyncMs = config.resyncSeconds * 1000;
    const wanted = wantedCollections(mappings, config.namespaces);
    this.#reflectors = wanted.map(({ collection, resourceTypes }) => {
      const changes = this.#changes;
      const tried = () => this.#settle();
      const sink = new WatchedCollection({ collection, resourceTypes, changes, report, tried });
      this.#index(collection, resourceTypes, sink);
      return new Reflector({ api, collection, sink, resyncMs, now, random });
    });
  }

  async start(): Promise<void> {
    this.#running = Promise.all(this.#reflectors.map((reflector) => reflector.run()));
    await this.#tried.promise;
  }

  get ready(): boolean {
    return this.#collections.every((one) => one.loaded);
  }

  get whenReady(): Promise<void> {
    return this.#ready.promise;
  }

  list(resourceType: string, namespace: string): readonly Resource[] {
    return this.#byType.get(groupKey(resourceType, namespace))?.watched.present ?? [];
  }

  serviceWithLabel(namespace: string, label: string, value: string): Resource | undefined {
    return this.#services.get(namespace)?.withLabel(label, value);
  }

  counts(): readonly ResourceCount[] {
    return [...this.#byType.values()].map(({ resourceType, namespace, watched }) => ({
      resourceType,
      namespace,
      resources: watched.available,
    }));
  }

  onChange(listener: ChangeListener): () => void {
    return this.#changes.subscribe(listener);
  }

  async close(): Promise<void> {
    for (const reflector of this.#reflectors) reflector.close();
    await this.#running;
    this.#tried.resolve();
  }

  #index(collection: Collection, resourceTypes: readonly string[], watched: WatchedCollection) {
    const { namespace } = collection;
    this.#collections.push(watched);
    for (const resourceType of resourceTypes) {
      this.#byType.set(groupKey(resourceType, namespace), { resourceType, namespace, watched });
    }
    if (collectionKey(collection) === collectionKey({ ...SERVICES, namespace })) {
      this.#services.set(namespace, watched);
    }
  }

  #settle(): void {
    if (this.#collections.every((one) => one.tried)) this.#tried.resolve();
    if (this.ready) this.#ready.resolve();
  }
}
