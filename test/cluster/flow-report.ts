/** A time without a reply. */
export interface Silence {
  /** The last reply before it. Milliseconds since 1970. */
  readonly from: number;
  readonly ms: number;
  /** Packets that were sent in it and never answered. */
  readonly lost: number;
}

/** What became of a flow. */
export interface FlowReport {
  readonly sent: number;
  readonly answered: number;
  /** Times without a reply that are worth a word, in their order. */
  readonly silences: readonly Silence[];
  /** Time from the last reply to the end. Milliseconds. */
  readonly lastSilenceMs: number;
  /** Backends that have answered. */
  readonly backends: readonly string[];
}

/** A node has sent the flow to a pod for the first time. */
export interface HandOver {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly node: string;
  /** The pod's address. */
  readonly to: string;
}

/** Who let the flow down. */
export interface Shares {
  /** Packets that the directors lost: not answered, while they were sent to a director that ran. */
  readonly lost: number;
  /** Longest time that directors were silent. Milliseconds. */
  readonly silentMs: number;
  /** Longest time that the cluster sent the flow to nobody. Milliseconds. */
  readonly handOverMs: number;
}

/** A hand-over is heard of a little late on a busy machine, perhaps after the first reply. */
const LATE_MS = 500;

/**
 * A flow whose director has left goes to nobody until kubelet, controllers and kube-proxy have done
 * their part, which takes as long as the machine lets it. What is silent in a silence before the
 * first hand-over is theirs, the rest is the directors', and so is a silence without one.
 */
export function shares(report: FlowReport, handOvers: readonly HandOver[]): Shares {
  let lost = report.sent - report.answered;
  let [silentMs, handOverMs] = [0, 0];
  for (const silence of report.silences) {
    const end = silence.from + silence.ms;
    const first = handOvers
      .map(({ at }) => at)
      .filter((at) => at > silence.from && at < end + LATE_MS)
      .sort((a, b) => a - b)[0];
    const theirs = first === undefined ? 0 : Math.min(first - silence.from, silence.ms);
    silentMs = Math.max(silentMs, silence.ms - theirs);
    handOverMs = Math.max(handOverMs, theirs);
    lost -= (silence.lost * theirs) / Math.max(1, silence.ms);
  }
  const whole = Math.round;
  return { lost: whole(lost), silentMs: whole(silentMs), handOverMs: whole(handOverMs) };
}
