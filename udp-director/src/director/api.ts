import type { DirectorConfig } from "../config/schema.ts";
import type { ResolveName } from "../discovery/name-cache.ts";

/** Log lines of a director; pino's loggers fit. */
export interface DirectorLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What a director needs from outside. */
export interface DirectorDependencies {
  readonly log: DirectorLog;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** A fresh UUID v4 from a cryptographic source. */
  readonly newToken: () => string;
  /** Milliseconds since 1970. Left out: the system's clock. */
  readonly wallNow?: () => number;
  /** Where `secretEnv` looks. Left out: nothing is set. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly resolveName: ResolveName;
}

/** A running director. */
export interface Director {
  readonly queryPort: number;
  readonly metricsPort: number;
  /** TCP port of the admin API, where there is one. */
  readonly adminPort: number | undefined;
  /** Data port name to bound UDP or TCP port. */
  readonly dataPorts: Readonly<Record<string, number>>;
  /** What still keeps it from being ready; empty when ready. */
  notReady(): readonly string[];
  /** Resolves when discovery has loaded; everything is bound before this object exists. */
  readonly whenLoaded: Promise<void>;
  /** Resolves when a shared store has been reached as well. */
  readonly whenReady: Promise<void>;
  /** Takes readiness away while sockets keep working, as the first step of a shutdown. */
  unready(reason: string): void;
  /**
   * Applies the configuration that `read` gives, as a whole or, when it or what it names cannot
   * be used, not at all. No packet and no session is lost. Settings that sockets and stores
   * depend on keep their values until a restart, which a log line says. Resolves with whether it
   * is in force; never rejects.
   */
  reload(read: () => Promise<DirectorConfig>): Promise<boolean>;
  /**
   * Refuses new sessions after `shutdown.delaySeconds` and gives the others up to `drainSeconds`.
   * Resolves with the sessions that are left then.
   */
  drain(): Promise<number>;
  /**
   * Tells sessions and metrics of what native threads have forwarded up to now. It happens by
   * itself every two seconds; before a clock is moved ahead it has to happen first.
   */
  settle(): void;
  /** Ends sessions and closes all sockets. */
  close(): Promise<void>;
}
