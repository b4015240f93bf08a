import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SessionQuality } from "./quality.ts";
import { nearestRate, readRtp, STATIC_RATES } from "./rtp.ts";
import { SequenceCounter, WINDOW } from "./sequence-counter.ts";

/** One RTP packet. */
function rtp(sequence: number, timestamp: number, payloadType = 0, ssrc = 7): Uint8Array {
  const packet = new Uint8Array(32);
  const view = new DataView(packet.buffer);
  view.setUint16(0, 0x8000 | payloadType);
  view.setUint16(2, sequence & 0xffff);
  view.setUint32(4, timestamp >>> 0);
  view.setUint32(8, ssrc);
  return packet;
}

/** Random numbers that are the same on every run. */
function random(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

interface Simulated {
  readonly at: number;
  readonly number: number;
  readonly packet: Uint8Array;
}

interface Network {
  readonly packets: number;
  readonly loss: number;
  readonly duplicates: number;
  /** Packets are delayed by up to so much, evenly spread. Milliseconds. */
  readonly delayMs: number;
  readonly firstNumber: number;
  readonly firstTimestamp: number;
  readonly seed: number;
}

const EVERY_MS = 20;

/** A stream of 8 kHz audio, a packet each 20 ms, as it arrives behind such a network. */
function stream(network: Network): Simulated[] {
  const next = random(network.seed);
  const arrived: Simulated[] = [];
  for (let n = 0; n < network.packets; n++) {
    const packet = rtp(network.firstNumber + n, network.firstTimestamp + 160 * n);
    const copies = next() < network.loss ? 0 : next() < network.duplicates ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      arrived.push({ at: 1000 + n * EVERY_MS + next() * network.delayMs, number: n, packet });
    }
  }
  return arrived.sort((a, b) => a.at - b.at);
}

const feed = (arrived: readonly Simulated[]) => {
  const quality = new SessionQuality();
  for (const { at, packet } of arrived) quality.packet(at, "client", "audio", packet);
  const [view] = quality.figures().streams;
  assert.ok(view);
  return view;
};

const networks = fc.record({
  packets: fc.integer({ min: 200, max: 800 }),
  loss: fc.constantFrom(0, 0.01, 0.1, 0.3),
  duplicates: fc.constantFrom(0, 0.02, 0.2),
  // Up to some 30 packets out of order, far less than the window.
  delayMs: fc.constantFrom(0, 5, 30, 200),
  firstNumber: fc.constantFrom(0, 1, 65_000, 65_535),
  firstTimestamp: fc.constantFrom(0, 2 ** 32 - 1000),
  seed: fc.integer({ min: 1, max: 2 ** 31 }),
});

test("loss and duplicates are exact, whatever is lost, doubled, late and wrapped", () => {
  fc.assert(
    fc.property(networks, (network) => {
      const arrived = stream(network);
      // Nobody can expect what was sent before the first number that is heard.
      const view = feed(arrived);
      assert.equal(view.kind, "rtp");
      const first = arrived[0]?.number ?? 0;
      const numbers = arrived.map(({ number }) => number).filter((number) => number >= first);
      const unique = new Set(numbers);
      const expected = Math.max(...numbers) - first + 1;
      assert.equal(view.expected, expected);
      assert.equal(view.lost, expected - unique.size);
      assert.equal(view.duplicates, numbers.length - unique.size);
    }),
    { numRuns: 200 },
  );
});

test("jitter is what RFC 3550 says, computed apart", () => {
  fc.assert(
    fc.property(networks, (network) => {
      const arrived = stream(network);
      const view = feed(arrived);
      let jitter = 0;
      arrived.forEach(({ at, number }, n) => {
        const before = arrived[n - 1];
        if (before === undefined) return;
        const transit = at - before.at - (number - before.number) * EVERY_MS;
        jitter += (Math.abs(transit) - jitter) / 16;
      });
      assert.ok(Math.abs((view.jitterMs ?? -1) - jitter) < 1e-6, `${view.jitterMs} ${jitter}`);
    }),
    { numRuns: 100 },
  );
});

test("for delays evenly spread over d, jitter is d/3 within 55 %", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const delayMs = 15;
    const view = feed(
      stream({
        ...{ packets: 500, loss: 0, duplicates: 0, delayMs, seed },
        ...{ firstNumber: 0, firstTimestamp: 0 },
      }),
    );
    const error = (view.jitterMs ?? 0) / (delayMs / 3) - 1;
    assert.ok(Math.abs(error) < 0.55, `seed ${seed}: ${error}`);
  }
});

test("a dynamic payload type's clock is measured, and jitter is unknown until then", () => {
  const quality = new SessionQuality();
  const jitter = () => quality.figures().streams[0]?.jitterMs;
  for (let n = 0; n < 300; n++) {
    quality.packet(n * EVERY_MS + (n % 2), "server", "audio", rtp(n, n * 960, 111));
    if (n === 30) assert.equal(jitter(), undefined);
  }
  assert.ok(Math.abs((jitter() ?? 0) - 1) < 0.05, `${jitter()}`);
});

test("a sender that begins anew is no loss; one that goes on far ahead neither", () => {
  const quality = new SessionQuality();
  let at = 0;
  const send = (from: number, count: number) => {
    for (let n = 0; n < count; n++) {
      quality.packet(at, "client", "audio", rtp(from + n, at * 8));
      at += EVERY_MS;
    }
  };
  send(100, 50);
  send(30_000, 50);
  send(10, 50);
  const [view] = quality.figures().streams;
  assert.deepEqual([view?.kind, view?.expected, view?.lost], ["rtp", 150, 0]);
});

test("recent loss is that of the last interval, and a silent stream has none", () => {
  const quality = new SessionQuality();
  let number = 0;
  const send = (count: number, lose: (n: number) => boolean) => {
    for (let n = 0; n < count; n++, number++) {
      if (!lose(n)) quality.packet(number * 20, "client", "audio", rtp(number, number * 160));
    }
  };
  send(100, () => false);
  assert.equal(quality.interval()[0]?.recentLossRatio, 0);
  send(100, (n) => n % 4 === 1);
  const [second] = quality.interval();
  assert.equal(second?.recentLossRatio, 0.25);
  assert.equal(second?.lossRatio, 0.125);
  assert.deepEqual(quality.interval(), []);
  assert.equal(quality.figures().streams[0]?.recentLossRatio, undefined);
});

test("what is not RTP has no loss, and never throws, whatever it is", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 200 }), (payloads) => {
      const quality = new SessionQuality();
      payloads.forEach((payload, n) => {
        quality.packet(n * 10, n % 2 === 0 ? "client" : "server", "game", payload);
      });
      for (const view of quality.figures().streams) {
        assert.equal(view.kind, "datagrams");
        assert.equal(view.lost, undefined);
        assert.equal(view.lossRatio, undefined);
      }
    }),
  );
});

test("a stream that turns into something else is no RTP any more", () => {
  const quality = new SessionQuality();
  for (let n = 0; n < 50; n++) quality.packet(n, "client", "x", rtp(n, n * 160));
  assert.equal(quality.figures().streams[0]?.kind, "rtp");
  for (let n = 0; n < 7; n++) quality.packet(50 + n, "client", "x", new Uint8Array(20));
  assert.equal(quality.figures().streams[0]?.kind, "rtp");
  quality.packet(57, "client", "x", new Uint8Array(20));
  assert.equal(quality.figures().streams[0]?.kind, "datagrams");
});

test("the gaps of other datagrams: even ones have no jitter, alternating ones their difference", () => {
  const even = new SessionQuality();
  const uneven = new SessionQuality();
  for (let n = 0; n < 200; n++) {
    even.packet(n * 50, "client", "game", new Uint8Array(9));
    uneven.packet(n * 50 + (n % 2) * 10, "client", "game", new Uint8Array(9));
  }
  assert.equal(even.figures().streams[0]?.jitterMs, 0);
  assert.ok(Math.abs((uneven.figures().streams[0]?.jitterMs ?? 0) - 20) < 0.1);
});

test("question and answer give a round trip between the fastest and the slowest", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 8, maxLength: 60 }),
      (delays) => {
        const quality = new SessionQuality();
        delays.forEach((delay, n) => {
          quality.packet(n * 100, "client", "dns", new Uint8Array(1));
          quality.packet(n * 100 + delay, "server", "dns", new Uint8Array(1));
        });
        const trip = quality.figures().roundTrip;
        assert.ok(trip);
        assert.equal(trip.minMs, Math.min(...delays));
        assert.equal(trip.samples, delays.length);
        assert.ok(trip.smoothedMs >= trip.minMs - 1e-9);
        assert.ok(trip.smoothedMs <= Math.max(...delays) + 1e-9);
      },
    ),
  );
});

test("without answers that are surely answers there is no round trip", () => {
  const overlapping = new SessionQuality();
  const streaming = new SessionQuality();
  for (let n = 0; n < 100; n++) {
    overlapping.packet(n * 10, "client", "x", new Uint8Array(1));
    overlapping.packet(n * 10 + 1, "client", "x", new Uint8Array(1));
    overlapping.packet(n * 10 + 5, "server", "x", new Uint8Array(1));
    if (n % 5 === 0) streaming.packet(n * 10, "client", "x", new Uint8Array(1));
    for (let more = 1; more < 4; more++) {
      streaming.packet(n * 10 + more, "server", "x", new Uint8Array(1));
    }
  }
  assert.equal(overlapping.figures().roundTrip, undefined);
  assert.equal(streaming.figures().roundTrip, undefined);
});

test("memory is bounded: four data ports, and a window of numbers", () => {
  const quality = new SessionQuality();
  for (let n = 0; n < 50; n++) quality.packet(n, "client", `port ${n}`, new Uint8Array(1));
  assert.equal(quality.figures().streams.length, 4);
  const counter = new SequenceCounter(0);
  for (let n = 1; n < 10 * WINDOW; n++) counter.add(n);
  counter.add(1);
  assert.deepEqual([counter.lost, counter.duplicates, counter.reordered], [0, 0, 0]);
});

test("RTCP, other versions and short packets are no RTP", () => {
  assert.equal(readRtp(rtp(1, 1, 200 & 0x7f).fill(200, 1, 2)), undefined);
  assert.equal(readRtp(rtp(1, 1).fill(0x40, 0, 1)), undefined);
  assert.equal(readRtp(new Uint8Array(11).fill(0x80)), undefined);
  assert.deepEqual(readRtp(rtp(65_535, 2 ** 32 - 1, 111, 5)), {
    ...{ payloadType: 111, sequence: 65_535, timestamp: 2 ** 32 - 1, ssrc: 5 },
  });
  for (const rate of new Set([8000, 44_100, 48_000, 90_000])) assert.equal(nearestRate(rate), rate);
  assert.equal(nearestRate(10_000), undefined);
  assert.equal(STATIC_RATES[0], 8000);
});
