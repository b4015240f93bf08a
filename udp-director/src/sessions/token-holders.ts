import type { SessionNode } from "./session.ts";

/**
 * Which live session a token opened or last moved. Where several sockets used one token, the last
 * one. Kept for as long as the session, so it is bounded by the sessions; adding and removing cost
 * the same however many sessions share a token.
 */
export class TokenHolders<Attachment> {
  readonly #latest = new Map<string, SessionNode<Attachment>>();

  /** The session that used the token last. */
  of(token: string): SessionNode<Attachment> | undefined {
    return this.#latest.get(token);
  }

  /** Makes a session the latest holder of its token, if it has one. */
  add(node: SessionNode<Attachment>): void {
    if (node.token === undefined) return;
    const before = this.#latest.get(node.token);
    node.heldBefore = before;
    if (before !== undefined) before.heldAfter = node;
    this.#latest.set(node.token, node);
  }

  /** Takes a session out, before its token changes or when it ends. */
  remove(node: SessionNode<Attachment>): void {
    const { token, heldBefore, heldAfter } = node;
    if (token === undefined) return;
    if (heldBefore !== undefined) heldBefore.heldAfter = heldAfter;
    if (heldAfter !== undefined) heldAfter.heldBefore = heldBefore;
    else if (heldBefore !== undefined) this.#latest.set(token, heldBefore);
    else this.#latest.delete(token);
    node.heldBefore = undefined;
    node.heldAfter = undefined;
  }
}
