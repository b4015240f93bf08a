import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { z } from "zod";
import type { Session } from "../sessions/session.ts";
import type { Ingress, SessionExecutor } from "../sessions/session-ports.ts";
import { SessionTable } from "../sessions/session-table.ts";
import { type BackendTarget, makeTarget } from "../sessions/target.ts";
import { encodeAck, readAck } from "./ack-packet.ts";
import { encodeChallenge, encodeProof, readChallenge, readProof } from "./challenge-packet.ts";
import { DEFAULT_MAGIC_HEX, isControlPacket, parseMagic } from "./control-packet.ts";
import { type Framing, RequestFramer } from "./framing.ts";
import { parseRequest } from "./request.ts";
import { type Prelude, PreludeReader } from "./tcp-prelude.ts";
import { readToken } from "./token.ts";

/** Runs the test vectors of docs/protocol.md. */

const named = { name: z.string() };
const step = z.strictObject({
  at: z.number(),
  client: z.string().optional(),
  backend: z.string().optional(),
  to: z.string().optional(),
  hex: z.string(),
  effects: z.array(z.string()),
});
const vectorsSchema = z.strictObject({
  requests: z.array(
    z.strictObject({
      ...named,
      segments: z.array(z.string()),
      means: z.unknown().optional(),
      error: z.string().optional(),
    }),
  ),
  tokens: z.array(
    z.strictObject({
      ...named,
      magic: z.string().optional(),
      hex: z.string(),
      token: z.string().nullable(),
    }),
  ),
  acks: z.array(
    z.strictObject({ ...named, magic: z.string(), token: z.string(), hex: z.string() }),
  ),
  challenges: z.array(z.strictObject({ ...named, cookie: z.string(), hex: z.string() })),
  proofs: z.array(
    z.strictObject({
      ...named,
      cookie: z.string(),
      token: z.string().nullable(),
      hex: z.string(),
    }),
  ),
  preludes: z.array(
    z.strictObject({
      ...named,
      hex: z.array(z.string()),
      token: z.string().optional(),
      data: z.string().optional(),
      reset: z.literal(true).optional(),
    }),
  ),
  exchanges: z.array(
    z.strictObject({
      ...named,
      tokens: z.record(z.string(), z.string()),
      defaultEndpoint: z.string().optional(),
      steps: z.array(step),
    }),
  ),
});

const page = readFileSync(new URL("../../../docs/protocol.md", import.meta.url), "utf8");
const block = /```json\n([\s\S]*?)\n```/.exec(page)?.[1] ?? "";
const vectors = vectorsSchema.parse(JSON.parse(block));

test("the page has vectors of every kind", () => {
  assert.ok(vectors.requests.length >= 8);
  assert.ok(vectors.tokens.length >= 6);
  assert.ok(vectors.acks.length >= 2);
  assert.ok(vectors.challenges.length >= 1);
  assert.ok(vectors.proofs.length >= 2);
  assert.ok(vectors.preludes.length >= 6);
  assert.ok(vectors.exchanges.length >= 2);
});

for (const { name, segments, means, error } of vectors.requests) {
  test(`request: ${name}`, () => {
    const framer = new RequestFramer();
    let framing: Framing = { kind: "more" };
    for (const segment of segments) framing = framer.push(Buffer.from(segment));
    if (framing.kind === "more") framing = framer.end();
    if (framing.kind !== "complete") {
      assert.deepEqual(framing, { kind: "error", error });
      return;
    }
    const parsed = parseRequest(framing.body);
    const outcome = parsed.ok ? JSON.parse(JSON.stringify(parsed.request)) : parsed.error;
    assert.deepEqual(outcome, means ?? error);
  });
}

for (const { name, hex, token, data, reset } of vectors.preludes) {
  test(`prelude: ${name}`, () => {
    const reader = new PreludeReader(parseMagic(DEFAULT_MAGIC_HEX));
    let prelude: Prelude = { kind: "incomplete", certain: false };
    for (const segment of hex) {
      assert.equal(prelude.kind, "incomplete");
      prelude = reader.push(Buffer.from(segment, "hex"));
    }
    if (prelude.kind === "incomplete") prelude = reader.end();
    assert.equal(prelude.kind === "malformed", reset ?? false);
    assert.equal(prelude.kind === "token" ? prelude.token : undefined, token);
    const rest = "rest" in prelude ? Buffer.from(prelude.rest).toString("hex") : undefined;
    assert.equal(rest, data);
  });
}

for (const { name, magic, hex, token } of vectors.tokens) {
  test(`datagram: ${name}`, () => {
    const payload = Buffer.from(hex, "hex");
    const start = magic === undefined ? 0 : magic.length / 2;
    assert.equal(isControlPacket(payload, parseMagic(DEFAULT_MAGIC_HEX)), magic !== undefined);
    assert.equal(readToken(payload, start) ?? null, token);
  });
}

for (const { name, magic, token, hex } of vectors.acks) {
  test(`acknowledgement: ${name}`, () => {
    const packet = encodeAck(parseMagic(magic), token);
    assert.equal(Buffer.from(packet).toString("hex"), hex);
    assert.equal(readAck(Buffer.from(hex, "hex"), parseMagic(magic)), token);
  });
}

for (const { name, cookie, hex } of vectors.challenges) {
  test(`challenge: ${name}`, () => {
    const magic = parseMagic(DEFAULT_MAGIC_HEX);
    const packet = encodeChallenge(magic, Buffer.from(cookie, "hex"));
    assert.equal(Buffer.from(packet).toString("hex"), hex);
    const read = readChallenge(Buffer.from(hex, "hex"), magic);
    assert.equal(Buffer.from(read ?? []).toString("hex"), cookie);
  });
}

for (const { name, cookie, token, hex } of vectors.proofs) {
  test(`proof: ${name}`, () => {
    const magic = parseMagic(DEFAULT_MAGIC_HEX);
    const packet = encodeProof(magic, Buffer.from(cookie, "hex"), token ?? undefined);
    assert.equal(Buffer.from(packet).toString("hex"), hex);
    const read = readProof(Buffer.from(hex, "hex"), magic);
    assert.equal(Buffer.from(read?.cookie ?? []).toString("hex"), cookie);
    assert.equal(read?.token ?? null, token);
  });
}

const split = (hostPort: string): [string, number] => {
  const [host = "", port] = hostPort.split(":");
  return [host, Number(port)];
};
const targetOf = (hostPort: string): BackendTarget => {
  const [host, port] = split(hostPort);
  return makeTarget(host, [["game", port]], hostPort);
};

/** Writes effects down in the words of the page, and keeps the session of each backend packet. */
class Scribe implements SessionExecutor<never> {
  effects: string[] = [];
  readonly seen = new Map<string, { session: Session<never>; generation: number }>();

  openSession(session: Session<never>): void {
    this.#target(session);
  }
  retarget(session: Session<never>): void {
    this.#target(session);
  }
  rebind(session: Session<never>): void {
    this.effects.push(`client at ${session.clientAddress}:${session.clientPort}`);
  }
  #target(session: Session<never>): void {
    const { clientAddress, clientPort, target, generation } = session;
    this.effects.push(`session to ${target.address}`);
    const route = `${target.resource} ${clientAddress}:${clientPort}`;
    this.seen.set(route, { session, generation });
  }
  forwardToBackend(session: Session<never>, _in: Ingress, port: number, payload: Uint8Array) {
    this.#gets(`${session.target.address}:${port}`, payload);
  }
  forwardToClient(session: Session<never>, _dataPort: string, payload: Uint8Array) {
    this.#gets(`${session.clientAddress}:${session.clientPort}`, payload);
  }
  #gets(who: string, payload: Uint8Array): void {
    this.effects.push(`${who} gets ${Buffer.from(payload).toString("hex")}`);
  }
  closeSession(): void {
    this.effects.push("session ends");
  }
}

const silent = () => undefined;
const observer = {
  sessionOpened: silent,
  sessionRetargeted: silent,
  clientMoved: silent,
  sessionClosed: silent,
  tokenLookup: silent,
  packetDropped: silent,
};

for (const { name, tokens, defaultEndpoint, steps } of vectors.exchanges) {
  test(`exchange: ${name}`, () => {
    const scribe = new Scribe();
    const table = new SessionTable<never>(
      {
        magic: parseMagic(DEFAULT_MAGIC_HEX),
        sessionTimeoutMs: 300_000,
        maxSessions: 10,
        tokenTtlMs: 30_000,
        maxTokens: 10,
      },
      scribe,
      observer,
      { choose: () => (defaultEndpoint === undefined ? undefined : targetOf(defaultEndpoint)) },
    );
    for (const [token, backend] of Object.entries(tokens)) {
      table.issueToken(0, token, targetOf(backend));
    }
    for (const { at, client, backend, to, hex, effects } of steps) {
      const payload = Buffer.from(hex, "hex");
      if (client !== undefined)
        table.onDatagram(at, { dataPort: "game" }, ...split(client), payload);
      else {
        const route = scribe.seen.get(`${backend} ${to}`);
        assert.ok(route, `${backend} never had a session with ${to}`);
        table.onBackendDatagram(at, route.session, route.generation, "game", payload);
      }
      assert.deepEqual(scribe.effects.splice(0), effects, `at ${at}`);
    }
  });
}
