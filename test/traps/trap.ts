/** What takes a trap's fix out: text of a source file, and what stands there without the fix. */
export interface Mutation {
  /** Path from the project's folder. */
  readonly file: string;
  /** Occurs in the file exactly once. */
  readonly from: string;
  readonly to: string;
  /** Title of the test that then fails, and its file. */
  readonly test: string;
  readonly in: string;
}

/** A way in which a platform surprises whoever puts UDP on it. */
export interface Trap {
  /** 1 to 40. */
  readonly number: number;
  /** What happens to somebody who does not know. */
  readonly trap: string;
  /** What the components do about it. */
  readonly fix: string;
  /** Each takes a part of the fix out. */
  readonly mutations: readonly Mutation[];
  /** Tests that show the trap or its fix on something real or simulated, beside those of the mutations. */
  readonly alsoShown?: readonly string[];
}
