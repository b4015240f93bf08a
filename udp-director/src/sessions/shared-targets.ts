import type { BackendTarget } from "./target.ts";

/** A text that is equal exactly for targets that are equal in every part. */
const wholeText = ({ key, resource, query }: BackendTarget): string =>
  `${key} ${resource} ${JSON.stringify(query ?? null)}`;

/**
 * The targets that sessions have, each once: thousands of sessions with a backend would hold as
 * many copies of its address, its ports and the query. Counts them too.
 */
export class SharedTargets {
  readonly #sessions = new Map<BackendTarget, number>();
  readonly #byText = new Map<string, BackendTarget>();
  /** Sessions by key: targets that differ in what was asked for are the same backend. */
  readonly #perKey = new Map<string, number>();

  /** Sessions whose target has this key. */
  countOn(key: string): number {
    return this.#perKey.get(key) ?? 0;
  }

  /** One more session has this target; the one to keep for it, which is equal. */
  add(target: BackendTarget): BackendTarget {
    this.#perKey.set(target.key, this.countOn(target.key) + 1);
    // Before its text is made: most sessions come with the one that is known already.
    let shared = this.#sessions.has(target) ? target : undefined;
    if (shared === undefined) {
      const text = wholeText(target);
      shared = this.#byText.get(text) ?? target;
      if (shared === target) this.#byText.set(text, target);
    }
    this.#sessions.set(shared, (this.#sessions.get(shared) ?? 0) + 1);
    return shared;
  }

  /** One session fewer has a target that `add` returned. */
  remove(target: BackendTarget): void {
    const onKey = this.countOn(target.key) - 1;
    if (onKey === 0) this.#perKey.delete(target.key);
    else this.#perKey.set(target.key, onKey);
    const left = (this.#sessions.get(target) ?? 0) - 1;
    if (left > 0) this.#sessions.set(target, left);
    else {
      this.#sessions.delete(target);
      this.#byText.delete(wholeText(target));
    }
  }
}
