import { isIP } from "node:net";
import type { DiscoveryConfig, StaticResource } from "../config/resources.ts";
import type { Resource } from "../selection/resource.ts";
import { drainReason } from "./availability.ts";
import { type BackendState, ChangeFeed, type ChangeListener } from "./changes.ts";
import type { Discovery, DiscoveryReporter, ResourceCount } from "./discovery.ts";
import { expandResource } from "./expand.ts";
import { groupKey } from "./group-key.ts";
import { NameCache, type ResolveName } from "./name-cache.ts";
import { ResourceFileWatch } from "./resource-file.ts";

interface Group {
  readonly resourceType: string;
  readonly namespace: string;
  readonly resources: Resource[];
  readonly states: Map<string, BackendState>;
}

/** What static and file discovery need from outside. */
export interface ListDiscoveryDependencies {
  /** Keys of resourceQueryMapping; a resource of another type cannot be read. */
  readonly knownTypes: readonly string[];
  readonly resolveName: ResolveName;
  readonly report: DiscoveryReporter;
}

/** Backends from the configuration, from a file that may change, or from both. */
export class ListDiscovery implements Discovery {
  readonly #config: DiscoveryConfig;
  readonly #dependencies: ListDiscoveryDependencies;
  readonly #names: NameCache;
  readonly #file: ResourceFileWatch | undefined;
  #fileResources: readonly StaticResource[] | undefined;
  readonly #changes = new ChangeFeed();
  #groups = new Map<string, Group>();
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #closed = false;
  #attempted = false;
  readonly #ready = Promise.withResolvers<void>();

  constructor(config: DiscoveryConfig, dependencies: ListDiscoveryDependencies) {
    this.#config = config;
    this.#dependencies = dependencies;
    const { report, resolveName } = dependencies;
    this.#names = new NameCache(resolveName, (message) => report.problem("dns", message));
    const { file } = config;
    this.#file = file && new ResourceFileWatch(file.path, file.pollSeconds * 1000);
  }

  async start(): Promise<void> {
    this.#file?.start(() => this.#enqueue(() => this.#loadFile()));
    const loaded = this.#enqueue(() => this.#loadFile());
    const everyMs = this.#config.dnsRefreshSeconds * 1000;
    this.#timer = setInterval(() => this.#enqueue(() => this.#rebuild()), everyMs);
    this.#timer.unref();
    await loaded;
  }

  get ready(): boolean {
    return this.#attempted && (this.#file === undefined || this.#fileResources !== undefined);
  }

  get whenReady(): Promise<void> {
    return this.#ready.promise;
  }

  list(resourceType: string, namespace: string): readonly Resource[] {
    return this.#groups.get(groupKey(resourceType, namespace))?.resources ?? [];
  }

  counts(): readonly ResourceCount[] {
    return [...this.#groups.values()].map(({ resourceType, namespace, states }) => ({
      resourceType,
      namespace,
      resources: [...states.values()].filter((state) => state.drain === undefined).length,
    }));
  }

  onChange(listener: ChangeListener): () => void {
    return this.#changes.subscribe(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#file?.close();
  }

  /** One load at a time, in the order asked for, so that an older one never wins. */
  #enqueue(load: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(() => (this.#closed ? undefined : load()));
    return this.#work;
  }

  async #loadFile(): Promise<void> {
    const { report } = this.#dependencies;
    const path = this.#config.file?.path;
    const content = await this.#file?.read();
    if (content?.ok) {
      this.#fileResources = content.resources;
      report.info(`read ${content.resources.length} backends from ${path}`);
    } else if (content !== undefined) {
      const kept = this.#fileResources ? "the last good list stays" : "not ready until it is good";
      report.problem("file", `cannot use discovery file ${path}: ${content.why}; ${kept}`);
    }
    await this.#rebuild();
  }

  async #rebuild(): Promise<void> {
    const all = this.#usable();
    const names = new Set(all.map(({ address }) => address).filter((one) => isIP(one) === 0));
    // What needs no name, or has one from before, does not wait for a slow resolver.
    this.#publish(all);
    await this.#names.refresh(names);
    if (names.size > 0) this.#publish(all);
    this.#attempted = true;
    if (this.ready) this.#ready.resolve();
  }

  #publish(all: readonly StaticResource[]): void {
    const groups = new Map<string, Group>();
    for (const resource of all) {
      const { resourceType, namespace } = resource;
      const key = groupKey(resourceType, namespace);
      const group: Group = groups.get(key) ?? {
        resourceType,
        namespace,
        resources: [],
        states: new Map(),
      };
      groups.set(key, group);
      const address = isIP(resource.address) ? resource.address : this.#names.get(resource.address);
      if (address === undefined) continue;
      const expanded = expandResource(resource, address);
      const drain = drainReason(expanded, "other");
      group.resources.push(expanded);
      const identity = JSON.stringify([address, resource.ports]);
      group.states.set(resource.name, { identity, drain });
    }
    const before = this.#groups;
    this.#groups = groups;
    for (const [key, group] of before) {
      if (!groups.has(key)) this.#changes.replace(group, new Map());
    }
    for (const group of groups.values()) this.#changes.replace(group, group.states);
  }

  /** Both lists joined, without unknown types and without names that are taken. */
  #usable(): StaticResource[] {
    const { knownTypes, report } = this.#dependencies;
    const usable = new Map<string, StaticResource>();
    for (const resource of [
      ...(this.#config.static?.resources ?? []),
      ...(this.#fileResources ?? []),
    ]) {
      const id = `${resource.resourceType}/${resource.namespace}/${resource.name}`;
      if (!knownTypes.includes(resource.resourceType)) {
        report.problem("file", `${id} is left out: its type is not in resourceQueryMapping`);
      } else if (usable.has(id)) {
        report.problem("file", `${id} is in the file and in the configuration; the latter wins`);
      } else usable.set(id, resource);
    }
    return [...usable.values()];
  }
}
