import type { KubernetesConfig } from "../config/kubernetes.ts";
import type { ResourceMapping } from "../config/schema.ts";
import type { KubernetesApi } from "../kubernetes/api.ts";
import { type Collection, collectionKey, collectionName } from "../kubernetes/collection.ts";
import { ENDPOINT_SLICES } from "../kubernetes/endpoint-slice.ts";
import { Reflector } from "../kubernetes/reflector.ts";
import { isEndpointMode, isServiceMode } from "../selection/extract-service.ts";
import type { Resource } from "../selection/resource.ts";
import { type BackendGroup, ChangeFeed, type ChangeListener } from "./changes.ts";
import type { Discovery, DiscoveryReporter, ResourceCount } from "./discovery.ts";
import { groupKey } from "./group-key.ts";
import { ServiceEndpoints } from "./service-endpoints.ts";
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

/** Backends of one type in one namespace. */
interface Listed {
  readonly present: readonly Resource[];
  /** How many of them may get new sessions. */
  readonly available: number;
}

interface Wanted {
  readonly collection: Collection;
  readonly resourceTypes: string[];
}

const SERVICES = { group: "", version: "v1", resource: "services" } as const;

/** Every mapped type in every namespace, and what service mode needs beside it. */
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
      if (isEndpointMode(mapping)) want({ ...ENDPOINT_SLICES, namespace }, []);
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
  readonly #byKey = new Map<string, WatchedCollection>();
  readonly #byType = new Map<string, BackendGroup & { readonly backends: Listed }>();
  readonly #endpoints: ServiceEndpoints[] = [];
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
      const changed = () => {
        for (const one of this.#endpoints) one.changed();
      };
      const toldTypes = resourceTypes.filter((type) => !isEndpointMode(mappings[type]));
      const told = { resourceTypes, toldTypes, changes, report, tried, changed };
      const sink = new WatchedCollection({ collection, ...told });
      this.#collections.push(sink);
      this.#byKey.set(collectionKey(collection), sink);
      return new Reflector({ api, collection, sink, resyncMs, now, random });
    });
    for (const { collection, resourceTypes } of wanted) {
      for (const type of resourceTypes) this.#index(collection, type, mappings[type]);
    }
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
    return this.#byType.get(groupKey(resourceType, namespace))?.backends.present ?? [];
  }

  serviceWithLabel(namespace: string, label: string, value: string): Resource | undefined {
    return this.#byKey.get(collectionKey({ ...SERVICES, namespace }))?.withLabel(label, value);
  }

  counts(): readonly ResourceCount[] {
    return [...this.#byType.values()].map(({ resourceType, namespace, backends }) => ({
      resourceType,
      namespace,
      resources: backends.available,
    }));
  }

  onChange(listener: ChangeListener): () => void {
    return this.#changes.subscribe(listener);
  }

  async close(): Promise<void> {
    for (const reflector of this.#reflectors) reflector.close();
    for (const one of this.#endpoints) one.close();
    await this.#running;
    this.#tried.resolve();
  }

  /** The backends of a type: the objects of its collection, or endpoints of their Services. */
  #index(collection: Collection, resourceType: string, mapping: ResourceMapping | undefined) {
    const { namespace } = collection;
    const group = { resourceType, namespace };
    const resources = this.#watched(collection);
    let backends: Listed = resources;
    if (isEndpointMode(mapping)) {
      const services = this.#watched({ ...SERVICES, namespace });
      const slices = this.#watched({ ...ENDPOINT_SLICES, namespace });
      const parts = { resources, services, slices, changes: this.#changes };
      const endpoints = new ServiceEndpoints({ group, mapping, ...parts });
      this.#endpoints.push(endpoints);
      backends = endpoints;
    }
    this.#byType.set(groupKey(resourceType, namespace), { ...group, backends });
  }

  #watched(collection: Collection): WatchedCollection {
    const watched = this.#byKey.get(collectionKey(collection));
    if (watched === undefined) throw new Error(`${collectionName(collection)} is not watched`);
    return watched;
  }

  #settle(): void {
    if (this.#collections.every((one) => one.tried)) this.#tried.resolve();
    if (this.ready) this.#ready.resolve();
  }
}
