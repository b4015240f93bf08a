/** A documented behaviour and where it is documented. Rules are facts that can be broken. */
export interface Fact {
  /** Unique, stable, `cloud-subject-behaviour`. docs/simulation.md lists it. */
  readonly id: string;
  /** The behaviour in one sentence. */
  readonly says: string;
  /** Vendor page, source file or issue that states it. */
  readonly source: string;
  /**
   * `read`: the source was read for this rule. `recalled`: written from general knowledge, and the
   * source is where to check it.
   */
  readonly basis: "read" | "recalled";
}

/** Properties that cannot change in place: the provider replaces the resource. */
export interface ImmutableFact extends Fact {
  /** Paths without indexes, for example `spec.selector`. */
  readonly paths: readonly string[];
}
