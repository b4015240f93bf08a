/** What keeps a director that takes no new sessions from being ready. */
const DRAINING = "draining";
/** What keeps a director that has not bound its sockets from being ready. */
const SOCKETS = "sockets";

/** What keeps a director from being ready, apart from its discovery. */
export class Readiness {
  readonly #blockers = new Set([SOCKETS]);
  readonly #discovery: { readonly ready: boolean };

  constructor(discovery: { readonly ready: boolean }) {
    this.#discovery = discovery;
  }

  /** Empty when ready. */
  blockers(): readonly string[] {
    return [...this.#blockers, ...(this.#discovery.ready ? [] : ["discovery"])];
  }

  /** True once no new sessions are taken. */
  get draining(): boolean {
    return this.#blockers.has(DRAINING);
  }

  bound(): void {
    this.#blockers.delete(SOCKETS);
  }

  drain(): void {
    this.block(DRAINING);
  }

  block(reason: string): void {
    this.#blockers.add(reason);
  }
}
