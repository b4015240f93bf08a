/** What a drain needs. Times in milliseconds. */
export interface DrainOptions {
  /** New sessions are still taken this long. */
  readonly delayMs: number;
  /** Established sessions go on this long after that, at most. */
  readonly drainMs: number;
  /** From now on new sessions are refused. */
  readonly refuseNew: () => void;
  /** Live sessions. */
  readonly sessions: () => number;
  /** Lets time pass. */
  readonly wait: (ms: number) => Promise<unknown>;
}

/** How often the sessions are counted. Milliseconds. */
const LOOK_MS = 250;

/** The time between the loss of readiness and the end; returns the sessions that are left. */
export async function drain(options: DrainOptions): Promise<number> {
  const { delayMs, drainMs, refuseNew, sessions, wait } = options;
  if (delayMs > 0) await wait(delayMs);
  refuseNew();
  for (let left = drainMs; left > 0 && sessions() > 0; left -= LOOK_MS) {
    await wait(Math.min(left, LOOK_MS));
  }
  return sessions();
}
