import type { ConnectionView } from "../data/tcp/tcp-data-path.ts";
import type { BackendGroup } from "../discovery/changes.ts";
import { hostPort } from "../net/addresses.ts";
import { type Backends, hasLabels, parseBackendName } from "../retarget/backends.ts";
import type { Extraction } from "../selection/extract.ts";
import type { Resource } from "../selection/resource.ts";
import type { Session } from "../sessions/session.ts";
import type { MoveCause } from "../sessions/session-ports.ts";
import type { BackendTarget } from "../sessions/target.ts";
import type { QualityWatch } from "../tap/quality-watch.ts";
import type { MoveTo, SessionView, Summary } from "./control-schemas.ts";
import { qualityView } from "./quality-view.ts";

/** What operators' requests need of the session table. */
export interface ControlledSessions {
  sessions(): Iterable<Session<unknown>>;
  session(id: number): Session<unknown> | undefined;
  move(now: number, id: number, target: BackendTarget, cause: MoveCause): boolean;
  end(now: number, id: number): boolean;
}

/** What operators' requests act on. */
export interface ControlDependencies {
  readonly table: ControlledSessions;
  readonly backends: Backends;
  /** The ports that a session's backend sees, by data port. */
  readonly localPorts: (session: Session<unknown>) => Record<string, number>;
  /** The session's TCP connections. */
  readonly connections: (session: Session<unknown>) => readonly ConnectionView[];
  /** Where discovery looks for backends. */
  readonly groups: () => readonly BackendGroup[];
  readonly quality: QualityWatch;
  /** Has sockets forward all of a session's packets, so that they can be looked at. */
  readonly hold: (session: Session<unknown>) => void;
  readonly now: () => number;
}

/** Which sessions are listed. */
export interface SessionFilter {
  readonly search?: string | undefined;
  readonly client?: string | undefined;
  readonly resource?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly sourcePort?: number | undefined;
}

/** Which sessions are moved together. */
export interface MoveFrom {
  readonly resource?: string | undefined;
  readonly labelSelector?: Readonly<Record<string, string>> | undefined;
}

/** What became of a move. */
export interface MoveOutcome {
  matched: number;
  moved: number;
  stayed: number;
  readonly reasons: string[];
}

/** Sessions moved between two turns of the event loop, so that packets go on in between. */
const BATCH = 200;

/** Operators' requests: look at sessions, end them, move them. */
export class Control {
  readonly #sessions: ControlledSessions;
  readonly #backends: Backends;
  readonly #localPorts: ControlDependencies["localPorts"];
  readonly #connections: ControlDependencies["connections"];
  readonly #groups: () => readonly BackendGroup[];
  readonly #quality: QualityWatch;
  readonly #hold: ControlDependencies["hold"];
  readonly #now: () => number;

  constructor(dependencies: ControlDependencies) {
    this.#sessions = dependencies.table;
    this.#backends = dependencies.backends;
    this.#localPorts = dependencies.localPorts;
    this.#connections = dependencies.connections;
    this.#groups = dependencies.groups;
    this.#quality = dependencies.quality;
    this.#hold = dependencies.hold;
    this.#now = dependencies.now;
  }

  /** Backends with sessions, the busiest first, then others that discovery has. */
  busiest(max: number): Summary["backends"] {
    const counts = new Map<string, { target: BackendTarget; sessions: number }>();
    for (const { target } of this.#sessions.sessions()) {
      const entry = counts.get(target.resource);
      if (entry === undefined) counts.set(target.resource, { target, sessions: 1 });
      else entry.sessions++;
    }
    const busy = [...counts.values()]
      .sort((a, b) => b.sessions - a.sessions)
      .slice(0, max)
      .map(({ target, sessions }) => ({
        resource: target.resource,
        state: this.#backends.state(target),
        sessions,
      }));
    for (const { resource, draining } of this.#backends.all(this.#groups())) {
      if (busy.length >= max) break;
      if (counts.has(resource)) continue;
      busy.push({ resource, state: draining ? "drain" : "present", sessions: 0 });
    }
    return busy;
  }

  /** A page of sessions with ids above `after`. */
  list(filter: SessionFilter, after: number, limit: number) {
    const sessions: SessionView[] = [];
    for (const session of this.#sessions.sessions()) {
      if (session.id <= after || !this.#passes(session, filter)) continue;
      if (sessions.length === limit) return { sessions, next: sessions.at(-1)?.id ?? null };
      sessions.push(this.#view(session));
    }
    return { sessions, next: null };
  }

  /** One session, as `list` shows it. */
  show(id: number): SessionView | undefined {
    const session = this.#sessions.session(id);
    return session && this.#view(session);
  }

  /** Begins or ends to estimate a session's quality; "full" when too many are watched. */
  watch(id: number, on: boolean): SessionView | "full" | undefined {
    const session = this.#sessions.session(id);
    if (session === undefined) return undefined;
    if (!on) this.#quality.stop(id);
    else if (!this.#quality.start(this.#now(), session)) return "full";
    else this.#hold(session);
    return this.#view(session);
  }

  /** The session itself. */
  find(id: number): Session<unknown> | undefined {
    return this.#sessions.session(id);
  }

  /** Ends a session; false when there is none. */
  end(id: number): boolean {
    return this.#sessions.end(this.#now(), id);
  }

  /** Moves one session; `undefined` when there is none. */
  moveOne(id: number, to: MoveTo): MoveOutcome | undefined {
    const session = this.#sessions.session(id);
    if (session === undefined) return undefined;
    const outcome: MoveOutcome = { matched: 1, moved: 0, stayed: 0, reasons: [] };
    this.#move(session, to, this.#isBackendOf(session.target), outcome);
    return outcome;
  }

  /** Moves every session whose backend is meant by `from`. */
  async moveMany(from: MoveFrom, to: MoveTo): Promise<MoveOutcome> {
    const outcome: MoveOutcome = { matched: 0, moved: 0, stayed: 0, reasons: [] };
    const meant = [...this.#sessions.sessions()].filter((session) =>
      this.#passes(session, { resource: from.resource, labels: from.labelSelector }),
    );
    const { labelSelector } = from;
    for (const session of meant) {
      if (session.closed) continue;
      if (outcome.matched > 0 && outcome.matched % BATCH === 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      outcome.matched++;
      const own = this.#isBackendOf(session.target);
      const leaveOut =
        labelSelector === undefined
          ? own
          : (resource: Resource) => own(resource) || hasLabels(resource, labelSelector);
      this.#move(session, to, leaveOut, outcome);
    }
    return outcome;
  }

  #move(
    session: Session<unknown>,
    to: MoveTo,
    leaveOut: (resource: Resource) => boolean,
    outcome: MoveOutcome,
  ): void {
    const selected = this.#choose(session, to, leaveOut);
    const why = !selected.ok
      ? selected.error
      : selected.target.key === session.target.key
        ? "it has this backend already"
        : undefined;
    if (why === undefined && selected.ok) {
      // A session keeps its own question, whichever backend the operator chose for it.
      const { query } = session.target;
      const target = { ...selected.target, query };
      if (this.#sessions.move(this.#now(), session.id, target, "operator")) outcome.moved++;
      return;
    }
    outcome.stayed++;
    if (why !== undefined && !outcome.reasons.includes(why)) outcome.reasons.push(why);
  }

  #choose(
    session: Session<unknown>,
    to: MoveTo,
    leaveOut: (resource: Resource) => boolean,
  ): Extraction {
    if (to.resource !== undefined) {
      const name = parseBackendName(to.resource);
      if (name === undefined) return { ok: false, error: "to.resource is not type/namespace/name" };
      return this.#backends.targetOf(name);
    }
    if (to.labelSelector !== undefined) {
      const where = parseBackendName(session.target.resource);
      if (where === undefined) return { ok: false, error: "its backend has no type" };
      return this.#backends.withLabels(where, to.labelSelector, leaveOut, session.clientAddress);
    }
    const { query } = session.target;
    if (query === undefined) return { ok: false, error: "its query is not known" };
    return this.#backends.select(query, leaveOut, session.clientAddress);
  }

  #isBackendOf(target: BackendTarget): (resource: Resource) => boolean {
    const name = parseBackendName(target.resource);
    return ({ metadata }) => metadata.name === name?.name && metadata.namespace === name.namespace;
  }

  #passes(session: Session<unknown>, filter: SessionFilter): boolean {
    const { search, client, resource, labels, sourcePort } = filter;
    const { clientAddress, clientPort, target } = session;
    if (search !== undefined && !target.resource.includes(search)) {
      if (!hostPort(clientAddress, clientPort).includes(search)) return false;
    }
    if (client !== undefined && client !== clientAddress) {
      if (client !== hostPort(clientAddress, clientPort)) return false;
    }
    if (resource !== undefined && resource !== target.resource) return false;
    if (sourcePort !== undefined) {
      const streams = this.#connections(session).map((one) => one.sourcePort);
      const ports = [...Object.values(this.#localPorts(session)), ...streams];
      if (!ports.includes(sourcePort)) return false;
    }
    if (labels === undefined) return true;
    const name = parseBackendName(target.resource);
    const found = name && this.#backends.find(name);
    return found !== undefined && hasLabels(found, labels);
  }

  #view(session: Session<unknown>): SessionView {
    const { target } = session;
    const watched = this.#quality.find(session.id);
    const seconds = (since: number) => Math.max(0, Math.round(this.#now() - since) / 1000);
    return {
      id: session.id,
      clientAddress: session.clientAddress,
      clientPort: session.clientPort,
      transport: session.transport,
      origin: session.origin,
      rangePort: session.rangePort ?? null,
      resource: target.resource,
      backendAddress: target.address,
      backendPorts: Object.fromEntries(target.ports),
      sourcePorts: this.#localPorts(session),
      connections: this.#connections(session).map(({ sourcePort, ...rest }) => ({
        ...rest,
        sourcePort: sourcePort ?? null,
      })),
      backendState: this.#backends.state(target),
      moves: session.generation,
      ageSeconds: seconds(session.createdAt),
      idleSeconds: seconds(session.lastActiveAt),
      quality: watched ? qualityView(this.#now(), watched) : null,
      proven: session.proven,
    };
  }
}
