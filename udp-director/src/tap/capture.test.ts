import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, GAME, makeTable, reset, target, tokenNumber } from "../sessions/testing.ts";
import { Capture, type CaptureLimits } from "./capture.ts";
import { addTap } from "./taps.ts";

interface Block {
  readonly type: number;
  readonly body: Buffer;
}

/** Blocks of a pcapng file; throws where a length is wrong. */
function blocksOf(file: Buffer): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < file.length; ) {
    const length = file.readUInt32LE(at + 4);
    assert.equal(length % 4, 0);
    assert.equal(file.readUInt32LE(at + length - 4), length);
    blocks.push({ type: file.readUInt32LE(at), body: file.subarray(at + 8, at + length - 4) });
    at += length;
  }
  return blocks;
}

/** What a packet block says. */
function packetOf({ body }: Block) {
  const kept = body.readUInt32LE(12);
  const packet = body.subarray(20, 20 + kept);
  const octets = (at: number) => [...packet.subarray(at, at + 4)].join(".");
  const microseconds = (BigInt(body.readUInt32LE(4)) << 32n) | BigInt(body.readUInt32LE(8));
  const rest = body.subarray(20 + ((kept + 3) & ~3));
  const comment = rest.length > 0 && rest.readUInt16LE(0) === 1;
  return {
    on: body.readUInt32LE(0),
    ms: Number(microseconds) / 1000,
    from: `${octets(12)}:${packet.readUInt16BE(20)}`,
    to: `${octets(16)}:${packet.readUInt16BE(22)}`,
    text: packet.subarray(28).toString("latin1"),
    comment: comment ? rest.subarray(4, 4 + rest.readUInt16LE(2)).toString() : "",
  };
}

/** A table with one session, captured. */
function setting(patch: Partial<CaptureLimits> = {}) {
  const { table, recorder } = makeTable();
  table.issueToken(0, tokenNumber(1), target("10.0.0.1"));
  table.onDatagram(0, GAME, "192.0.2.1", 4000, bytes(tokenNumber(1)));
  const [session] = table.sessions();
  assert.ok(session);
  const sink = { ready: true, pieces: [] as Uint8Array[] };
  const done: string[] = [];
  const upstream = {
    now: { address: "10.0.0.9", port: 9 } as { address: string; port: number } | undefined,
  };
  const capture = new Capture(
    { packets: 100, bytes: 1e6, snaplen: 65_535, ...patch },
    {
      ends: () => ({
        client: { address: session.clientAddress, port: session.clientPort },
        listener: { address: "192.0.2.9", port: 7777 },
        upstream: upstream.now,
        backend: { address: session.target.address, port: 5000 },
      }),
      wall: (at) => 1_000_000 + at,
      sink: {
        get ready() {
          return sink.ready;
        },
        write: (piece) => void sink.pieces.push(piece),
      },
      done: (why) => void done.push(why),
    },
  );
  const untap = addTap(session, capture);
  const packets = () =>
    blocksOf(Buffer.concat(sink.pieces))
      .filter(({ type }) => type === 6)
      .map(packetOf);
  const send = (at: number, text: string) =>
    table.onDatagram(at, GAME, "192.0.2.1", 4000, bytes(text));
  const answer = (at: number, text: string) => {
    const last = recorder.upstreams.at(-1);
    assert.ok(last);
    table.onBackendDatagram(at, session, session.generation, last.dataPort, bytes(text));
  };
  return { table, session, capture, sink, done, untap, upstream, packets, send, answer };
}

const [CLIENT, LISTENER] = ["192.0.2.1:4000", "192.0.2.9:7777"];
const [UPSTREAM, BACKEND] = ["10.0.0.9:9", "10.0.0.1:5000"];

test("each packet is recorded as it came and as it left, both ways", () => {
  const { send, answer, packets, untap } = setting();
  send(1.5, "ping");
  answer(2, "pong");
  untap();
  send(3, "unseen");
  const seen = packets().map(({ on, ms, from, to, text }) => [on, ms, from, to, text]);
  assert.deepEqual(seen, [
    [0, 1_000_001.5, CLIENT, LISTENER, "ping"],
    [1, 1_000_001.5, UPSTREAM, BACKEND, "ping"],
    [1, 1_000_002, BACKEND, UPSTREAM, "pong"],
    [0, 1_000_002, LISTENER, CLIENT, "pong"],
  ]);
});

test("a moved session's packets have its new backend", () => {
  const { table, send, packets, upstream } = setting();
  table.issueToken(0, tokenNumber(2), target("10.0.0.2"));
  table.onDatagram(1, GAME, "192.0.2.1", 4000, reset(tokenNumber(2)));
  upstream.now = undefined;
  send(2, "x");
  assert.deepEqual(
    packets().map(({ to }) => to),
    [LISTENER, "10.0.0.2:5000"],
  );
  assert.match(packets()[0]?.comment ?? "", /still opening/);
});

test("no token is in the file: not of control packets, not of repeated first packets", () => {
  const { table, send, sink, packets } = setting();
  table.issueToken(0, tokenNumber(2), target("10.0.0.2"));
  table.onDatagram(1, GAME, "192.0.2.1", 4000, reset(tokenNumber(2)));
  send(2, tokenNumber(1));
  send(3, `${tokenNumber(3)}\n`);
  send(4, "udp1.key.secret-of-a-sealed-token");
  send(5, "data");
  const file = Buffer.concat(sink.pieces).toString("latin1");
  for (const secret of [tokenNumber(1), tokenNumber(2), tokenNumber(3), "secret-of"]) {
    assert.ok(!file.includes(secret), secret);
  }
  assert.match(packets()[0]?.comment ?? "", /token/);
  assert.equal(packets().at(-1)?.text, "data");
  assert.equal(packets().at(-1)?.comment, "");
});

test("it ends at its packets or bytes, once, and records nothing after that", () => {
  const few = setting({ packets: 2 });
  for (let n = 0; n < 5; n++) few.send(n, "x");
  assert.deepEqual([few.packets().length, few.done], [4, ["packets"]]);
  const small = setting({ bytes: 1000 });
  for (let n = 0; n < 50; n++) small.send(n, "x".repeat(100));
  assert.deepEqual(small.done, ["bytes"]);
  assert.ok(small.capture.count.bytes < 1600, `${small.capture.count.bytes}`);
});

test("long packets are cut, and say how long they were", () => {
  const { send, sink } = setting({ snaplen: 64 });
  send(0, "y".repeat(500));
  const [block] = blocksOf(Buffer.concat(sink.pieces)).filter(({ type }) => type === 6);
  assert.deepEqual([block?.body.readUInt32LE(12), block?.body.readUInt32LE(16)], [64, 528]);
});

test("what a slow reader does not get is counted in the file", () => {
  const { send, sink, capture, packets } = setting();
  send(0, "seen");
  sink.ready = false;
  for (let n = 0; n < 7; n++) send(n, "left out");
  sink.ready = true;
  capture.finish(9);
  capture.finish(9);
  const blocks = blocksOf(Buffer.concat(sink.pieces));
  assert.deepEqual(
    blocks.map(({ type }) => type),
    [0x0a0d0d0a, 1, 1, 6, 6, 5, 5],
  );
  assert.equal(blocks.at(-1)?.body.readUInt32LE(16), 7);
  assert.equal(packets().length, 2);
});

test("a session that ends is told, and several may look at once", () => {
  const { table, session, done } = setting();
  const seen: string[] = [];
  const untap = addTap(session, {
    packet: (at, from) => void seen.push(`${at} ${from}`),
    sessionEnded: (at) => void seen.push(`${at} ended`),
  });
  table.onDatagram(1, GAME, "192.0.2.1", 4000, bytes("x"));
  untap();
  table.onDatagram(2, GAME, "192.0.2.1", 4000, bytes("x"));
  table.end(3, session.id);
  assert.deepEqual(seen, ["1 client"]);
  assert.deepEqual(done, ["session ended"]);
});
