import type { ResourceMapping } from "../config/schema.ts";
import {
  type Endpoint,
  endpointsOf,
  SERVICE_NAME_LABEL,
  type SliceAddressType,
} from "../kubernetes/endpoint-slice.ts";
import type { KubernetesObject } from "../kubernetes/object.ts";
import { DRAIN_KEY } from "../retarget/backends.ts";
import type { Resource } from "../selection/resource.ts";
import { drainReason } from "./availability.ts";
import type { BackendGroup, BackendState, ChangeFeed } from "./changes.ts";
import type { WatchedCollection } from "./watched-collection.ts";

/** What a type whose backends are endpoints of Services is made of. */
export interface ServiceEndpointsOptions {
  readonly group: BackendGroup;
  readonly mapping: ResourceMapping;
  readonly resources: WatchedCollection;
  readonly services: WatchedCollection;
  readonly slices: WatchedCollection;
  readonly changes: ChangeFeed;
}

/**
 * Resources of one type in one namespace, each as often as its Service has usable endpoints:
 * named `<resource>@<endpoint>`, with everything that the resource has and the endpoint below
 * `endpoint`. So an endpoint is found, drained and lost like any other backend.
 */
export class ServiceEndpoints {
  readonly #options: ServiceEndpointsOptions;
  #list: readonly Resource[] | undefined;
  #due: NodeJS.Immediate | undefined;

  constructor(options: ServiceEndpointsOptions) {
    this.#options = options;
  }

  /** Endpoints that are there, draining ones too. */
  get present(): readonly Resource[] {
    this.#list ??= this.#expand();
    return this.#list;
  }

  /** Number of endpoints that take new sessions. */
  get available(): number {
    return this.present.filter((one) => drainReason(one, "other") === undefined).length;
  }

  /** One of the collections has changed. Changes are told once for all of this turn. */
  changed(): void {
    this.#list = undefined;
    this.#due ??= setImmediate(() => {
      this.#due = undefined;
      this.#tell();
    });
  }

  close(): void {
    clearImmediate(this.#due);
  }

  #tell(): void {
    const { changes, group } = this.#options;
    const states = new Map<string, BackendState>();
    for (const resource of this.present) {
      const { address } = (resource as Expanded).endpoint;
      const drain = drainReason(resource, "other");
      states.set(resource.metadata.name, { identity: address, drain });
    }
    changes.replace(group, states);
  }

  #expand(): Resource[] {
    const { mapping, resources, services, slices } = this.#options;
    const label = mapping.serviceSelectorLabel ?? "";
    const type = mapping.addressType as SliceAddressType;
    const byService = Map.groupBy(slices.objects, (slice) => {
      return slice.metadata.labels[SERVICE_NAME_LABEL] ?? "";
    });
    return resources.present.flatMap((resource) => {
      const service = services.withLabel(label, resource.metadata.name);
      if (service === undefined) return [];
      const own: readonly KubernetesObject[] = byService.get(service.metadata.name) ?? [];
      return endpointsOf(own, type).map((endpoint) => withEndpoint(resource, endpoint));
    });
  }
}

interface Expanded extends Resource {
  readonly endpoint: Endpoint;
}

function withEndpoint(resource: Resource, endpoint: Endpoint): Expanded {
  const { metadata } = resource;
  const annotations = endpoint.draining
    ? { ...metadata.annotations, [DRAIN_KEY]: "true" }
    : metadata.annotations;
  const name = `${metadata.name}@${endpoint.name}`;
  return { ...resource, metadata: { ...metadata, name, annotations }, endpoint };
}
