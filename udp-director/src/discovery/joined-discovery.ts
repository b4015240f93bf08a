import type { Resource } from "../selection/resource.ts";
import type { ChangeListener } from "./changes.ts";
import type { Discovery, ResourceCount } from "./discovery.ts";
import { groupKey } from "./group-key.ts";

type Lists = readonly (readonly Resource[])[];

/** Several discoveries as one. Of backends with the same name, the earlier discovery's is taken. */
export class JoinedDiscovery implements Discovery {
  readonly #parts: readonly Discovery[];
  /** By group, and with the lists that it was made of: a change makes another one of these. */
  readonly #joined = new Map<string, { readonly of: Lists; readonly list: readonly Resource[] }>();

  constructor(parts: readonly Discovery[]) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.start()));
  }

  get ready(): boolean {
    return this.#parts.every((part) => part.ready);
  }

  get whenReady(): Promise<void> {
    return Promise.all(this.#parts.map((part) => part.whenReady)).then(() => undefined);
  }

  list(resourceType: string, namespace: string): readonly Resource[] {
    const lists = this.#parts
      .map((part) => part.list(resourceType, namespace))
      .filter((list) => list.length > 0);
    if (lists.length < 2) return lists[0] ?? [];
    const key = groupKey(resourceType, namespace);
    const known = this.#joined.get(key);
    if (known?.of.length === lists.length && known.of.every((one, at) => one === lists[at])) {
      return known.list;
    }
    const list = join(lists);
    this.#joined.set(key, { of: lists, list });
    return list;
  }

  serviceWithLabel(namespace: string, label: string, value: string): Resource | undefined {
    for (const part of this.#parts) {
      const service = part.serviceWithLabel?.(namespace, label, value);
      if (service !== undefined) return service;
    }
    return undefined;
  }

  counts(): readonly ResourceCount[] {
    const sums = new Map<string, ResourceCount>();
    for (const one of this.#parts.flatMap((part) => part.counts())) {
      const key = groupKey(one.resourceType, one.namespace);
      const resources = (sums.get(key)?.resources ?? 0) + one.resources;
      sums.set(key, { ...one, resources });
    }
    return [...sums.values()];
  }

  onChange(listener: ChangeListener): () => void {
    const ends = this.#parts.map((part) => part.onChange(listener));
    return () => {
      for (const end of ends) end();
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.close()));
  }
}

function join(lists: Lists): readonly Resource[] {
  const byName = new Map<string, Resource>();
  for (const resource of lists.flat()) {
    const { name } = resource.metadata;
    if (!byName.has(name)) byName.set(name, resource);
  }
  return [...byName.values()];
}
