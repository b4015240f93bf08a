import type { BackendTarget } from "../sessions/target.ts";
import { parseObject, readSession, readTarget, type SessionRecord } from "./records.ts";
import { SessionLine } from "./session-line.ts";

/** Targets that are remembered at most; then the reader begins anew. */
const MAX_TARGETS = 10_000;
/** What is before a target, which comes last. Within a text there is a backslash before quotes. */
const TARGET = ',"t":';

/**
 * Reads many sessions. Most of a session's text is its target, which others have too: that part
 * is read once, and all of them get the same target.
 */
export class SessionReader {
  readonly #targets = new Map<string, BackendTarget>();
  readonly #line = new SessionLine((text) => this.#target(text));

  /** The same from a line's bytes, `end` not among them. */
  readBytes(bytes: Buffer, start: number, end: number): SessionRecord | undefined {
    return this.#line.read(bytes, start, end) ?? this.read(bytes.toString("utf8", start, end));
  }

  /** Reads what `sessionJson` wrote; anything else is `undefined`. */
  read(text: string): SessionRecord | undefined {
    const at = text.indexOf(TARGET);
    const target =
      at >= 0 && text.endsWith("}") ? this.#target(text.slice(at + TARGET.length, -1)) : undefined;
    const head = target && parseObject(`${text.slice(0, at)}}`);
    if (head !== undefined) return readSession(head, target);
    // Written by another version, in another order.
    const json = parseObject(text);
    return json && readSession(json);
  }

  #target(text: string): BackendTarget | undefined {
    const known = this.#targets.get(text);
    if (known !== undefined) return known;
    const json = parseObject(text);
    const target = json && readTarget(json);
    if (target === undefined) return undefined;
    if (this.#targets.size >= MAX_TARGETS) this.#targets.clear();
    this.#targets.set(text, target);
    return target;
  }
}
