import type { BackendTarget } from "./target.ts";

/** A text that is equal exactly for targets that are equal in every part. */
const wholeText = ({ key, resource, query }: BackendTarget): string =>
  `${key} ${resource} ${JSON.stringify(query ?? null)}`;

interface Count {
  sessions: number;
}

/** A target and its sessions. */
interface Use extends Count {
  readonly target: BackendTarget;
  readonly onKey: Count;
}

/**
 * The targets that sessions have, each once: thousands of sessions with a backend would hold as
 * many copies of its address, its ports and the query. Counts them too.
 */
export class SharedTargets {
  readonly #uses = new Map<BackendTarget, Use>();
  readonly #byText = new Map<string, Use>();
  /** Sessions by key: targets that differ in what was asked for are the same backend. */
  readonly #perKey = new Map<string, Count>();

  /** Sessions whose target has this key. */
  countOn(key: string): number {
    return this.#perKey.get(key)?.sessions ?? 0;
  }

  /** One more session has this target; the one to keep for it, which is equal. */
  add(target: BackendTarget): BackendTarget {
    // Before its text is made: most sessions come with the one that is known already.
    const use =
      this.#uses.get(target) ?? this.#byText.get(wholeText(target)) ?? this.#learn(target);
    use.sessions++;
    use.onKey.sessions++;
    return use.target;
  }

  /** One session fewer has a target that `add` returned. */
  remove(target: BackendTarget): void {
    const use = this.#uses.get(target);
    if (use === undefined) return;
    use.sessions--;
    use.onKey.sessions--;
    if (use.onKey.sessions === 0) this.#perKey.delete(target.key);
    if (use.sessions > 0) return;
    this.#uses.delete(target);
    this.#byText.delete(wholeText(target));
  }

  #learn(target: BackendTarget): Use {
    const onKey = this.#perKey.get(target.key) ?? { sessions: 0 };
    this.#perKey.set(target.key, onKey);
    const use = { target, sessions: 0, onKey };
    this.#uses.set(target, use);
    this.#byText.set(wholeText(target), use);
    return use;
  }
}
