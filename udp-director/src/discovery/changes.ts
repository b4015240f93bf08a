import type { DrainReason } from "./availability.ts";
import { groupKey } from "./group-key.ts";

/**
 * What happened to a backend:
 * - `added`: it may get new sessions, from now on or again;
 * - `draining`: it is still there and gets no new ones, for `reason`;
 * - `removed`: it is gone. A backend that comes back at another address, or was deleted and made
 *   again under its name, is removed first and then added.
 *
 * A backend that was never added (a pod that starts and fails) is never told of.
 */
export type BackendChange = {
  readonly resourceType: string;
  readonly namespace: string;
  readonly name: string;
  /** `type/namespace/name`: `resource` of the targets that lead to it. */
  readonly resource: string;
} & (
  | { readonly kind: "added" | "removed" }
  | { readonly kind: "draining"; readonly reason: DrainReason }
);

/**
 * Told of each change once, after discovery's `list` shows it, in the order of events. Called
 * synchronously: must be fast and must not throw.
 */
export type ChangeListener = (change: BackendChange) => void;

/** A backend as the feed remembers it. */
export interface BackendState {
  /** Different text, different backend. */
  readonly identity: string;
  /** Why it gets no new sessions; `undefined` while it does. */
  readonly drain: DrainReason | undefined;
}

/** Backends of one type in one namespace. */
export interface BackendGroup {
  readonly resourceType: string;
  readonly namespace: string;
}

/** Turns states of backends into changes, and hands those to whoever asked for them. */
export class ChangeFeed {
  readonly #listeners = new Set<ChangeListener>();
  /** Backends that were added and not removed, by group and name. */
  readonly #known = new Map<string, Map<string, BackendState>>();

  /** Returns the function that ends the subscription. */
  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The state of one backend as it is now. */
  put(group: BackendGroup, name: string, state: BackendState): void {
    const known = this.#of(group);
    const before = known.get(name);
    if (before !== undefined && before.identity !== state.identity) this.remove(group, name);
    const current = known.get(name);
    if (current === undefined && state.drain !== undefined) return;
    known.set(name, state);
    if (current !== undefined && current.drain === state.drain) return;
    const { drain: reason } = state;
    this.#tell(
      group,
      name,
      reason === undefined ? { kind: "added" } : { kind: "draining", reason },
    );
  }

  remove(group: BackendGroup, name: string): void {
    if (this.#of(group).delete(name)) this.#tell(group, name, { kind: "removed" });
  }

  /** All backends of a group as they are now: others are gone. */
  replace(group: BackendGroup, states: ReadonlyMap<string, BackendState>): void {
    for (const name of [...this.#of(group).keys()]) {
      if (!states.has(name)) this.remove(group, name);
    }
    for (const [name, state] of states) this.put(group, name, state);
  }

  #of({ resourceType, namespace }: BackendGroup): Map<string, BackendState> {
    const key = groupKey(resourceType, namespace);
    const known = this.#known.get(key) ?? new Map<string, BackendState>();
    this.#known.set(key, known);
    return known;
  }

  #tell(
    { resourceType, namespace }: BackendGroup,
    name: string,
    what: { kind: "added" | "removed" } | { kind: "draining"; reason: DrainReason },
  ): void {
    const resource = `${resourceType}/${namespace}/${name}`;
    for (const listener of this.#listeners) {
      listener({ resourceType, namespace, name, resource, ...what });
    }
  }
}
