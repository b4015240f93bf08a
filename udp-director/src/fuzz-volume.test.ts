import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { encodeProof } from "./protocol/challenge-packet.ts";
import { RequestFramer } from "./protocol/framing.ts";
import { answerRequest } from "./query/answer.ts";
import { GAME, MAGIC, makeTable, target, tokenNumber } from "./sessions/testing.ts";
import { HmacCookies } from "./tokens/challenge-cookies.ts";
import { SealedTokens } from "./tokens/sealed-tokens.ts";

/**
 * Malformed input in volume, against everything behind the sockets: no exception, no session
 * opened, moved or ended. The same over real sockets, in smaller numbers: fuzz.socket.test.ts.
 */

const PACKETS = 1_000_000;
const QUERIES = 100_000;

/** xorshift32: the same sequence on every run, and fast enough for millions. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** A copy with one to three bytes changed, cut short, or with bytes behind it. */
function damage(packet: Uint8Array, pick: (below: number) => number): Uint8Array {
  const kind = pick(3);
  if (kind === 0) return packet.subarray(0, pick(packet.length));
  if (kind === 1) {
    const longer = new Uint8Array(packet.length + 1 + pick(40)).fill(1 + pick(255));
    longer.set(packet);
    return longer;
  }
  const changed = new Uint8Array(packet);
  for (let n = 0; n <= pick(3); n++) {
    const at = pick(changed.length);
    changed[at] = (changed[at] ?? 0) ^ (1 + pick(255));
  }
  return changed;
}

test("1,000,000 malformed packets change no session", (t) => {
  const sealed = new SealedTokens({
    keys: [{ id: "k", secret: randomBytes(32) }],
    ttlMs: 1e9,
    clockSkewMs: 0,
    wallNow: () => 0,
    randomBytes,
  });
  const backend = target("10.0.0.1");
  const cookies = new HmacCookies({ secret: randomBytes(32), wallNow: () => 0 });
  const { table, recorder } = makeTable({
    sessionTimeoutMs: 1e9,
    tokenTtlMs: 1e9,
    maxSessions: 100,
    maxTokens: 100,
    sealed,
    unproven: { replyFactor: 3, proof: "reply" },
    ackPackets: true,
    challenge: { always: false, cookies },
  });
  for (let n = 0; n < 10; n++) {
    table.issueToken(0, tokenNumber(n), backend);
    table.onDatagram(0, GAME, "192.0.2.1", 4000 + n, Buffer.from(tokenNumber(n)));
  }
  const state = () =>
    [...table.sessions()].map(({ id, clientPort, target: at, generation, closed }) => [
      id,
      clientPort,
      at.key,
      generation,
      closed,
    ]);
  const before = state();
  assert.equal(before.length, 10);
  recorder.take();
  const pick = random(20_261_121);
  const unknown = Buffer.from("550e8400-e29b-41d4-a716-446655440000");
  const good = Buffer.from(tokenNumber(3));
  const sealedGood = Buffer.from(sealed.seal(backend));
  const patterns = [
    unknown,
    Buffer.concat([MAGIC, unknown]),
    Buffer.concat([MAGIC, good]),
    sealedGood,
    Buffer.concat([MAGIC, sealedGood]),
    encodeProof(MAGIC, cookies.draw("192.0.2.2", 1)),
    encodeProof(MAGIC, cookies.draw("192.0.2.2", 1), tokenNumber(3)),
    Buffer.from(MAGIC),
    randomBytes(1472),
  ];
  let sent = 0;
  let harmless = 0;
  const started = performance.now();
  while (sent < PACKETS) {
    const packet = damage(patterns[pick(patterns.length)] ?? good, pick);
    const control = packet.length >= MAGIC.length && MAGIC.every((byte, at) => packet[at] === byte);
    // Damage may leave a token whole (a changed byte changed back, a NUL behind it): not malformed.
    const text = Buffer.from(control ? packet.subarray(MAGIC.length) : packet)
      .toString("latin1")
      .replace(/[\r\n\0]+$/, "");
    if (text === String(sealedGood) || /^00000000-0000-4000-8000-00000000000\d$/.test(text)) {
      harmless++;
      continue;
    }
    sent++;
    // A client with a session sends only control packets here: the rest of its packets is data.
    const live = control && pick(4) === 0;
    const address = live ? "192.0.2.1" : `198.51.${pick(256)}.${pick(256)}`;
    const port = live ? 4000 + pick(10) : pick(65_536);
    table.onDatagram(sent, GAME, address, port, packet);
    if (sent % 1000 === 0) {
      for (const line of recorder.take()) assert.match(line, /^(?:drop |challenge |miss$)/);
    }
  }
  const seconds = (performance.now() - started) / 1000;
  for (const line of recorder.take()) assert.match(line, /^(?:drop |challenge |miss$)/);
  assert.deepEqual(state(), before);
  assert.ok(harmless < PACKETS / 10, `${harmless} packets were not malformed`);
  t.diagnostic(`${sent} malformed packets in ${seconds.toFixed(1)} s, ${harmless} left out`);
});

test("100,000 malformed queries get an error each and change nothing", (t) => {
  const { table, recorder } = makeTable({ sessionTimeoutMs: 1e9, tokenTtlMs: 1e9 });
  const backend = target("10.0.0.1");
  table.issueToken(0, tokenNumber(1), backend);
  table.onDatagram(0, GAME, "192.0.2.1", 4000, Buffer.from(tokenNumber(1)));
  recorder.take();
  const dependencies = {
    sessions: table,
    selector: { select: () => ({ ok: false as const, error: "No matching resources found" }) },
    now: () => 1,
    newToken: () => tokenNumber(2),
    tokenTtlSeconds: 30,
    directorPorts: () => ({ game: 7777 }),
  };
  const pick = random(4_711);
  const query = {
    type: "query",
    resourceType: "game",
    namespace: "games",
    labelSelector: { map: "de" },
    statusQuery: { jsonPath: "status.state", expectedValues: ["Ready", 1, true] },
  };
  const patterns = [
    query,
    { type: "sessionReset", token: "550e8400-e29b-41d4-a716-446655440000", clientPort: 4000 },
    { resource_type: "game", namespace: "games", annotation_selector: { a: "b" } },
  ].map((one) => Buffer.from(JSON.stringify(one)));
  const outcomes = new Map<string, number>();
  const started = performance.now();
  for (let n = 0; n < QUERIES; n++) {
    const body = damage(patterns[pick(patterns.length)] ?? Buffer.alloc(0), pick);
    const framer = new RequestFramer();
    // In two pieces, as TCP may cut it.
    const cut = pick(body.length + 1);
    let framing = framer.push(body.subarray(0, cut));
    if (framing.kind === "more") framing = framer.push(body.subarray(cut));
    if (framing.kind === "more") framing = framer.end();
    outcomes.set(framing.kind, (outcomes.get(framing.kind) ?? 0) + 1);
    if (framing.kind !== "complete") continue;
    const answer = answerRequest(framing.body, "192.0.2.1", dependencies);
    assert.ok(!(answer instanceof Promise));
    assert.equal(answer.ok, false);
    assert.equal(typeof JSON.parse(answer.text).error, "string");
  }
  const seconds = (performance.now() - started) / 1000;
  for (const line of recorder.take()) assert.equal(line, "miss");
  const [session] = table.sessions();
  assert.deepEqual([table.size, table.tokens, session?.generation], [1, 1, 0]);
  for (const kind of ["complete", "error", "empty"]) assert.ok(outcomes.has(kind), kind);
  t.diagnostic(
    `${QUERIES} malformed queries in ${seconds.toFixed(1)} s: ${JSON.stringify(Object.fromEntries(outcomes))}`,
  );
});
