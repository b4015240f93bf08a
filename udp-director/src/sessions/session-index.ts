import { ActivityList, type ClientSocket, type SessionNode, type Transport } from "./session.ts";
import type { BackendTarget } from "./target.ts";
import { TokenHolders } from "./token-holders.ts";

/** Ports of both transports in one number, so that finding a session allocates nothing. */
export const socketKey = (port: number, transport: Transport) =>
  transport === "tcp" ? port + 65_536 : port;

type Addresses<Attachment> = Map<string, Map<number, SessionNode<Attachment>>>;

/**
 * The live sessions, found by client, by token, by number, by backend and by age. Only keeps them in order:
 * who may have one, and for how long, is the session table's business. Nothing is allocated to
 * find or touch a session.
 */
export class SessionIndex<Attachment> {
  readonly #activity = new ActivityList<Attachment>();
  readonly #byAddress: Addresses<Attachment> = new Map();
  /** The same for each port of a port range that has sessions. */
  readonly #byRangePort = new Map<number, Addresses<Attachment>>();
  readonly #byId = new Map<number, SessionNode<Attachment>>();
  readonly #perTarget = new Map<string, number>();
  readonly #holders = new TokenHolders<Attachment>();

  /** Live sessions. */
  get size(): number {
    return this.#byId.size;
  }

  /** Different client addresses on the data ports. */
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
  find(
    address: string,
    port: number,
    transport: Transport = "udp",
    rangePort?: number,
  ): SessionNode<Attachment> | undefined {
    return this.of(address, rangePort)?.get(socketKey(port, transport));
  }

  /** The sessions of one address, by UDP port where they have one; `undefined`: it has none. */
  of(
    address: string,
    rangePort?: number,
  ): ReadonlyMap<number, SessionNode<Attachment>> | undefined {
    const addresses = rangePort === undefined ? this.#byAddress : this.#byRangePort.get(rangePort);
    return addresses?.get(address);
  }

  /** Whether a port of a port range has sessions. */
  hasAt(rangePort: number): boolean {
    return this.#byRangePort.has(rangePort);
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
  rebind(node: SessionNode<Attachment>, { address, port, transport }: ClientSocket): void {
    this.#displace(node);
    node.clientAddress = address;
    node.clientPort = port;
    node.transport = transport;
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
    const { clientAddress, rangePort } = node;
    let addresses = this.#byAddress;
    if (rangePort !== undefined) {
      addresses = this.#byRangePort.get(rangePort) ?? new Map();
      this.#byRangePort.set(rangePort, addresses);
    }
    const siblings = addresses.get(clientAddress);
    const key = socketKey(node.clientPort, node.transport);
    if (siblings === undefined) addresses.set(clientAddress, new Map([[key, node]]));
    else siblings.set(key, node);
  }

  #displace(node: SessionNode<Attachment>): void {
    const { clientAddress, rangePort } = node;
    const addresses = rangePort === undefined ? this.#byAddress : this.#byRangePort.get(rangePort);
    const siblings = addresses?.get(clientAddress);
    siblings?.delete(socketKey(node.clientPort, node.transport));
    if (siblings?.size === 0) addresses?.delete(clientAddress);
    if (rangePort !== undefined && addresses?.size === 0) this.#byRangePort.delete(rangePort);
  }

  #count(target: BackendTarget, by: 1 | -1): void {
    const count = this.countOn(target.key) + by;
    if (count === 0) this.#perTarget.delete(target.key);
    else this.#perTarget.set(target.key, count);
  }
}
