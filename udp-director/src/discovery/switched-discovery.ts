import type { Resource } from "../selection/resource.ts";
import type { ChangeListener } from "./changes.ts";
import type { Discovery, ResourceCount } from "./discovery.ts";

/**
 * A discovery that can be exchanged for another while it is used. What the exchange itself adds
 * and removes is not told as changes: whoever exchanges looks at the list anew.
 */
export class SwitchedDiscovery implements Discovery {
  #current: Discovery;
  readonly #listeners = new Map<ChangeListener, () => void>();
  readonly #ready = Promise.withResolvers<void>();

  constructor(first: Discovery) {
    this.#current = first;
    this.#follow();
  }

  /** Takes `next`, which has been started, and closes the one before. */
  switchTo(next: Discovery): void {
    const before = this.#current;
    this.#current = next;
    for (const [listener, end] of this.#listeners) {
      end();
      this.#listeners.set(listener, next.onChange(listener));
    }
    this.#follow();
    void before.close();
  }

  async start(): Promise<void> {
    await this.#current.start();
  }

  get ready(): boolean {
    return this.#current.ready;
  }

  get whenReady(): Promise<void> {
    return this.#ready.promise;
  }

  list(resourceType: string, namespace: string): readonly Resource[] {
    return this.#current.list(resourceType, namespace);
  }

  serviceWithLabel(namespace: string, label: string, value: string): Resource | undefined {
    return this.#current.serviceWithLabel?.(namespace, label, value);
  }

  counts(): readonly ResourceCount[] {
    return this.#current.counts();
  }

  onChange(listener: ChangeListener): () => void {
    this.#listeners.set(listener, this.#current.onChange(listener));
    return () => {
      this.#listeners.get(listener)?.();
      this.#listeners.delete(listener);
    };
  }

  async close(): Promise<void> {
    await this.#current.close();
  }

  #follow(): void {
    const followed = this.#current;
    void followed.whenReady.then(() => {
      if (followed === this.#current) this.#ready.resolve();
    });
  }
}
