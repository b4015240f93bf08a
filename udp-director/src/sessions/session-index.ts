import { ActivityList, type ClientSocket, type SessionNode, type Transport } from "./session.ts";
import { SharedTargets } from "./shared-targets.ts";
import type { BackendTarget } from "./target.ts";
import { TokenHolders } from "./token-holders.ts";

/** Ports of both transports in one number, so that finding a session allocates nothing. */
export const socketKey = (port: number, transport: Transport) =>
  transport === "tcp" ? port + 65_536 : port;

/** The sessions of one address: one, as most have, or several by port and transport. */
type Siblings<Attachment> = SessionNode<Attachment> | Map<number, SessionNode<Attachment>>;
type Addresses<Attachment> = Map<string, Siblings<Attachment>>;

const keyOf = ({ clientPort, transport }: SessionNode<unknown>) => socketKey(clientPort, transport);

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
  readonly #targets = new SharedTargets();
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
    return this.#targets.countOn(targetKey);
  }

  /** The session of one socket. */
  find(
    address: string,
    port: number,
    transport: Transport = "udp",
    rangePort?: number,
  ): SessionNode<Attachment> | undefined {
    const siblings = this.#at(rangePort)?.get(address);
    const key = socketKey(port, transport);
    if (siblings instanceof Map) return siblings.get(key);
    return siblings !== undefined && keyOf(siblings) === key ? siblings : undefined;
  }

  /** How many sessions one address has. */
  countOf(address: string, rangePort?: number): number {
    const siblings = this.#at(rangePort)?.get(address);
    return siblings instanceof Map ? siblings.size : siblings === undefined ? 0 : 1;
  }

  /** The session of an address that has exactly one. */
  onlyOf(address: string, rangePort?: number): SessionNode<Attachment> | undefined {
    const siblings = this.#at(rangePort)?.get(address);
    return siblings instanceof Map ? undefined : siblings;
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
    node.target = this.#targets.add(node.target);
    this.#activity.add(node);
  }

  remove(node: SessionNode<Attachment>): void {
    this.#activity.remove(node);
    this.#displace(node);
    this.#holders.remove(node);
    this.#byId.delete(node.id);
    this.#targets.remove(node.target);
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
    const shared = this.#targets.add(target);
    this.#targets.remove(node.target);
    node.target = shared;
  }

  #at(rangePort: number | undefined): Addresses<Attachment> | undefined {
    return rangePort === undefined ? this.#byAddress : this.#byRangePort.get(rangePort);
  }

  #place(node: SessionNode<Attachment>): void {
    const { clientAddress, rangePort } = node;
    let addresses = this.#byAddress;
    if (rangePort !== undefined) {
      addresses = this.#byRangePort.get(rangePort) ?? new Map();
      this.#byRangePort.set(rangePort, addresses);
    }
    const siblings = addresses.get(clientAddress);
    if (siblings === undefined) {
      addresses.set(clientAddress, node);
      return;
    }
    let several = siblings;
    if (!(several instanceof Map)) {
      several = new Map([[keyOf(several), several]]);
      addresses.set(clientAddress, several);
    }
    // A text of its own in each session of an address would be as many copies.
    const [first] = several.values();
    if (first !== undefined) node.clientAddress = first.clientAddress;
    several.set(keyOf(node), node);
  }

  #displace(node: SessionNode<Attachment>): void {
    const { clientAddress, rangePort } = node;
    const addresses = this.#at(rangePort);
    const siblings = addresses?.get(clientAddress);
    if (siblings instanceof Map) {
      siblings.delete(keyOf(node));
      const [last] = siblings.values();
      if (siblings.size === 1 && last !== undefined) addresses?.set(clientAddress, last);
    } else if (siblings === node) {
      addresses?.delete(clientAddress);
    }
    if (rangePort !== undefined && addresses?.size === 0) this.#byRangePort.delete(rangePort);
  }
}
