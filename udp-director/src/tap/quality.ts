import type { PacketTap } from "../sessions/session.ts";
import { RoundTrip } from "./round-trip.ts";
import { type StreamFigures, StreamQuality } from "./stream-quality.ts";

/** Data ports of a session that are looked at. Bounds its memory to some 4 KiB. */
const MAX_PORTS = 4;

type Sender = "client" | "server";

/** Packets of one sender on one data port. */
export interface StreamView extends StreamFigures {
  readonly from: Sender;
  readonly dataPort: string;
  /** Share of the expected packets that is lost, 0..1, of all and of the last interval. */
  readonly lossRatio: number | undefined;
  readonly recentLossRatio: number | undefined;
}

/** What is known of a session's connection. */
export interface QualityFigures {
  readonly streams: readonly StreamView[];
  readonly roundTrip: RoundTrip["figures"];
}

interface Entry {
  readonly quality: StreamQuality;
  /** At the end of the last interval. */
  expected: number;
  lost: number;
  packets: number;
  recent: number | undefined;
}

const ratio = (lost: number, expected: number) =>
  expected <= 0 ? undefined : Math.min(1, Math.max(0, lost / expected));

/**
 * Loss, jitter and round trip of a session, from the packets that pass. Looks at headers only,
 * keeps no packet, changes none. The loss of a direction is what is missing when its packets
 * reach the director: what is lost behind it is not seen.
 */
export class SessionQuality implements PacketTap {
  readonly #ports = new Map<string, { readonly [S in Sender]: Entry } & { trip: RoundTrip }>();

  packet(at: number, from: Sender, dataPort: string, payload: Uint8Array): void {
    let port = this.#ports.get(dataPort);
    if (port === undefined) {
      if (this.#ports.size >= MAX_PORTS) return;
      port = { client: entry(), server: entry(), trip: new RoundTrip() };
      this.#ports.set(dataPort, port);
    }
    port[from].quality.add(at, payload);
    if (from === "client") port.trip.fromClient(at);
    else port.trip.fromServer(at);
  }

  sessionEnded(): void {
    // Whoever watches takes the last figures.
  }

  /** Streams that had packets since the last call, with the loss of that time as recent. */
  interval(): StreamView[] {
    const active: StreamView[] = [];
    for (const [dataPort, from, one] of this.#entries()) {
      const figures = one.quality.figures();
      if (figures.packets === one.packets) {
        one.recent = undefined;
        continue;
      }
      const { expected = 0, lost = 0 } = figures;
      // A stream that began anew has smaller counts than before.
      const anew = expected < one.expected;
      one.recent = ratio(lost - (anew ? 0 : one.lost), expected - (anew ? 0 : one.expected));
      Object.assign(one, { expected, lost, packets: figures.packets });
      active.push(view(dataPort, from, one));
    }
    return active;
  }

  figures(): QualityFigures {
    const trips = [...this.#ports.values()].flatMap(({ trip }) => trip.figures ?? []);
    return {
      streams: this.#entries()
        .filter(([, , { quality }]) => quality.figures().packets > 0)
        .map(([dataPort, from, one]) => view(dataPort, from, one)),
      roundTrip: trips.toSorted((a, b) => b.samples - a.samples)[0],
    };
  }

  #entries(): [dataPort: string, from: Sender, entry: Entry][] {
    return [...this.#ports].flatMap(([dataPort, { client, server }]) => [
      [dataPort, "client", client] as [string, Sender, Entry],
      [dataPort, "server", server] as [string, Sender, Entry],
    ]);
  }
}

const entry = (): Entry => ({
  ...{ quality: new StreamQuality(), expected: 0, lost: 0, packets: 0, recent: undefined },
});

function view(dataPort: string, from: Sender, { quality, recent }: Entry): StreamView {
  const figures = quality.figures();
  const { expected = 0, lost = 0 } = figures;
  return { dataPort, from, ...figures, lossRatio: ratio(lost, expected), recentLossRatio: recent };
}
