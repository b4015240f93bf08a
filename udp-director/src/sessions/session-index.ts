import { ActivityList, type SessionNode } from "./session.ts";
import type { BackendTarget } from "./target.ts";
import { TokenHolders } from "./token-holders.ts";

/**
 * The live sessions, found by client, by token, by number, by backend and by age. Only keeps them in order:
 * who may have one, and for how long, is the session table's business. Nothing is allocated to
 * find or touch a session.
 */
export class SessionIndex<Attachment> {
  readonly #activity = new ActivityList<Attachment>();
  readonly #byAddress = new Map<string, Map<number, SessionNode<Attachment>>>();
  readonly #byId = new Map<number, SessionNode<Attachment>>();
  readonly #perTarget = new Map<string, number>();
  readonly #holders = new TokenHolders<Attachment>();

  /** Live sessions. */
  get size(): number {
    return this.#byId.size;
  }

  /** Different client addresses. */
  get clients(): number {
    return this.#byAddress.size;
  }

  /** The session that has been silent longest. */
  get oldest(): SessionNode<Attachment> | undefined {
    return this.#activity.oldest;
  }

  /** The session that was active last. */
  get newest(): SessionNode<Attachment> | undefined {
    return this.#activity.newest;
  }

  /** Sessions whose target has this key. */
  countOn(targetKey: string): number {
    return this.#perTarget.get(targetKey) ?? 0;
  }

  /** The session of one socket. */
  find(address: string, port: number): SessionNode<Attachment> | undefined {
    return this.#byAddress.get(address)?.get(port);
  }

  /** The sessions of one address by port; `undefined` where it has none. */
  of(address: string): ReadonlyMap<number, SessionNode<Attachment>> | undefined {
    return this.#byAddress.get(address);
  }

  /** The session that this token opened or last moved. */
  holderOf(token: string): SessionNode<Attachment> | undefined {
    return this.#holders.of(token);
  }

  /** The session with this number. */
  byId(id: number): SessionNode<Attachment> | undefined {
    return this.#byId.get(id);
  }

  /** In order of creation. Sessions may be added and removed while one iterates. */
  values(): IterableIterator<SessionNode<Attachment>> {
    return this.#byId.values();
  }

  /** Adds a session as the most recently active one. Its client has none yet. */
  add(node: SessionNode<Attachment>): void {
    this.#place(node);
    this.#holders.add(node);
    this.#byId.set(node.id, node);
    this.#count(node.target, 1);
    this.#activity.add(node);
  }

  remove(node: SessionNode<Attachment>): void {
    this.#activity.remove(node);
    this.#displace(node);
    this.#holders.remove(node);
    this.#byId.delete(node.id);
    this.#count(node.target, -1);
  }

  /** Notes activity. `at` is not earlier than any before. */
  touch(node: SessionNode<Attachment>, at: number): void {
    node.lastActiveAt = at;
    this.#activity.touch(node);
  }

  /** Gives a session another client socket, which no session has. */
  rebind(node: SessionNode<Attachment>, address: string, port: number): void {
    this.#displace(node);
    node.clientAddress = address;
    node.clientPort = port;
    this.#place(node);
  }

  /** Notes which token the session has used last. */
  hold(node: SessionNode<Attachment>, token: string): void {
    this.#holders.remove(node);
    node.token = token;
    this.#holders.add(node);
  }

  /** Gives a session another target. */
  retarget(node: SessionNode<Attachment>, target: BackendTarget): void {
    this.#count(node.target, -1);
    this.#count(target, 1);
    node.target = target;
  }

  #place(node: SessionNode<Attachment>): void {
    const siblings = this.#byAddress.get(node.clientAddress);
    if (siblings === undefined) {
      this.#byAddress.set(node.clientAddress, new Map([[node.clientPort, node]]));
    } else {
      siblings.set(node.clientPort, node);
    }
  }

  #displace(node: SessionNode<Attachment>): void {
    const siblings = this.#byAddress.get(node.clientAddress);
    siblings?.delete(node.clientPort);
    if (siblings?.size === 0) this.#byAddress.delete(node.clientAddress);
  }

  #count(target: BackendTarget, by: 1 | -1): void {
    const count = this.countOn(target.key) + by;
    if (count === 0) this.#perTarget.delete(target.key);
    else this.#perTarget.set(target.key, count);
  }
}
