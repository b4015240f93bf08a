import type { PacketTap, Session } from "../sessions/session.ts";

/** Several taps of one session. */
class TapList implements PacketTap {
  readonly taps: readonly PacketTap[];

  constructor(taps: readonly PacketTap[]) {
    this.taps = taps;
  }

  packet(at: number, from: "client" | "server", dataPort: string, payload: Uint8Array): void {
    for (const tap of this.taps) tap.packet(at, from, dataPort, payload);
  }

  sessionEnded(at: number): void {
    for (const tap of this.taps) tap.sessionEnded(at);
  }
}

const tapsOf = ({ tap }: Session<unknown>): readonly PacketTap[] =>
  tap instanceof TapList ? tap.taps : tap === undefined ? [] : [tap];

function put(session: Session<unknown>, taps: readonly PacketTap[]): void {
  session.tap = taps.length > 1 ? new TapList(taps) : taps[0];
}

/** Lets one more look at a session's packets; returns what ends that. */
export function addTap(session: Session<unknown>, tap: PacketTap): () => void {
  put(session, [...tapsOf(session), tap]);
  return () => {
    put(
      session,
      tapsOf(session).filter((one) => one !== tap),
    );
  };
}
