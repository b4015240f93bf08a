import type { Session } from "../sessions/session.ts";
import type { SessionObserver } from "../sessions/session-ports.ts";
import { SessionQuality, type StreamView } from "./quality.ts";
import { addTap } from "./taps.ts";

/** Which sessions are watched. */
export interface QualityRules {
  /** Share of the sessions, 0..1. */
  readonly sample: number;
  /** Sessions watched at a time, those asked for included. */
  readonly maxSessions: number;
}

/** Time between two reports of each watched stream. Milliseconds. */
export const INTERVAL_MS = 10_000;

/** Told of each stream that had packets in an interval. */
export interface QualityReport {
  stream(view: StreamView): void;
  roundTrip(ms: number): void;
}

/** A session that is watched. */
export interface Watched {
  readonly session: Session<unknown>;
  readonly quality: SessionQuality;
  readonly since: number;
  readonly untap: () => void;
}

/** The sessions whose quality is looked at, bounded in number. Pure but for its report. */
export class QualityWatch implements SessionObserver {
  readonly #rules: () => QualityRules;
  readonly #isSampled: (id: number, sample: number) => boolean;
  readonly #report: QualityReport;
  readonly #watched = new Map<number, Watched>();
  #intervalFrom = 0;

  /** `rules` gives those in force; `isSampled` is true for that share of the ids. */
  constructor(
    rules: () => QualityRules,
    isSampled: (id: number, sample: number) => boolean,
    report: QualityReport,
  ) {
    this.#rules = rules;
    this.#isSampled = isSampled;
    this.#report = report;
  }

  /** Sessions that are watched now, in order of the beginning. */
  all(): Iterable<Watched> {
    return this.#watched.values();
  }

  get size(): number {
    return this.#watched.size;
  }

  /** A session that opens is watched when the sample has it. */
  sessionOpened(session: Session<unknown>): void {
    if (this.#isSampled(session.id, this.#rules().sample)) this.start(session.createdAt, session);
  }

  sessionClosed(session: Session<unknown>): void {
    this.stop(session.id);
  }

  sessionRetargeted(): void {
    // The streams go on; a pause is no loss.
  }

  clientMoved(): void {
    // The same session from another socket.
  }

  tokenLookup(): void {
    // No packet of a session.
  }

  packetDropped(): void {
    // What does not go through is counted by reason.
  }

  /** Watches a session; false when there are too many already. */
  start(at: number, session: Session<unknown>): boolean {
    if (this.#watched.has(session.id)) return true;
    if (this.#watched.size >= this.#rules().maxSessions) return false;
    if (this.#watched.size === 0) this.#intervalFrom = at;
    const quality = new SessionQuality();
    const untap = addTap(session, quality);
    this.#watched.set(session.id, { session, quality, since: at, untap });
    return true;
  }

  /** The last figures of a session are reported, and it is watched no more. */
  stop(id: number): void {
    const watched = this.#watched.get(id);
    if (watched === undefined) return;
    watched.untap();
    this.#watched.delete(id);
    this.#tell(watched);
  }

  find(id: number): Watched | undefined {
    return this.#watched.get(id);
  }

  /** To be called once a second or so; reports every `INTERVAL_MS` while anybody is watched. */
  tick(at: number): void {
    if (this.#watched.size === 0 || at < this.#intervalFrom + INTERVAL_MS) return;
    this.#intervalFrom = at;
    for (const watched of this.#watched.values()) this.#tell(watched);
  }

  #tell({ quality }: Watched): void {
    const active = quality.interval();
    for (const stream of active) this.#report.stream(stream);
    const { roundTrip } = quality.figures();
    if (active.length > 0 && roundTrip) this.#report.roundTrip(roundTrip.smoothedMs);
  }
}
