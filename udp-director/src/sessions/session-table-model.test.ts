import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Transport } from "./session.ts";
import type { ResumeRule } from "./session-options.ts";
import type { BackendTarget } from "./target.ts";
import {
  bytes,
  type makeTable as MakeTable,
  makeTable,
  reset,
  target,
  tokenNumber,
  type Upstream,
} from "./testing.ts";

/**
 * The table against a plain model: arrays, scans, no cleverness. Every effect of every event
 * must be the model's, in order. Beside it a ledger, which knows neither table nor model, holds
 * the promise that matters: packets only between a client and a backend it was given.
 */

const TIMEOUT = 10;
const TTL = 6;
const MAX_SESSIONS = 3;
const MAX_TOKENS = 3;
const TARGETS = [target("10.0.0.1"), target("10.0.0.2"), target("10.0.0.1", true)];
const CLIENTS = [
  { address: "192.0.2.1", port: 1000 },
  { address: "192.0.2.1", port: 1001 },
  { address: "2001:db8::1", port: 1000 },
  { address: "192.0.2.2", port: 1000 },
  { address: "192.0.2.2", port: 1001 },
];
const PORTS = ["game", "voice", "other"] as const;

type Event =
  | { kind: "wait"; by: number }
  | { kind: "tick" }
  | { kind: "default"; target: number }
  | { kind: "issue"; token: number; target: number }
  | { kind: "packet"; client: number; port: number; body: string; token: number }
  | { kind: "backend"; upstream: number }
  | { kind: "connect"; client: number; port: number; token: number | undefined }
  | { kind: "stream"; session: number }
  | { kind: "query"; client: number; named: boolean; token: number };

const token = fc.nat({ max: 5 });
const client = fc.nat({ max: CLIENTS.length - 1 });
const anyTarget = fc.nat({ max: TARGETS.length - 1 });
const body = fc.constantFrom(
  "data",
  "data",
  "token",
  "token",
  "token\\n",
  "reset",
  "reset",
  "junk",
);
const packet = fc.record({
  kind: fc.constant("packet" as const),
  client,
  port: fc.nat({ max: PORTS.length - 1 }),
  body,
  token,
});
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("wait"), by: fc.nat({ max: 11 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("tick") }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("default"),
      target: fc.integer({ min: -1, max: TARGETS.length - 1 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("issue"), token, target: anyTarget }) },
  { weight: 9, arbitrary: packet },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("backend"), upstream: fc.nat({ max: 200 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("connect"),
      client,
      port: fc.nat({ max: PORTS.length - 1 }),
      token: fc.option(token, { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("stream"), session: fc.nat({ max: 9 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("query"), client, named: fc.boolean(), token }),
  },
) as fc.Arbitrary<Event>;

interface ModelSession {
  address: string;
  port: number;
  transport: Transport;
  target: BackendTarget;
  lastActive: number;
  /** Which targets' sockets are current: grows by one with every move. */
  era: number;
  serial: number;
  /** What opened it or last moved it, and when: a token means the session that used it last. */
  token: string | undefined;
  held: number;
}

class Model {
  readonly resume: ResumeRule;
  uses = 0;
  now = 0;
  sessions: ModelSession[] = [];
  tokens: { text: string; target: BackendTarget; until: number }[] = [];
  fallback: BackendTarget | undefined;
  log: string[] = [];
  serials = 0;

  constructor(resume: ResumeRule) {
    this.resume = resume;
  }

  take(): string[] {
    const log = this.log;
    this.log = [];
    return log;
  }

  hold(s: ModelSession, token: string | undefined): void {
    if (s.token === token) return;
    s.token = token;
    s.held = ++this.uses;
  }

  holder(text: string): ModelSession | undefined {
    const held = this.sessions.filter((one) => one.token === text);
    return held.sort((x, y) => y.held - x.held)[0];
  }

  /** True when the token means a session, which is then at this socket. */
  resumes(text: string, address: string, port: number, dataPort: string): boolean {
    const s = this.holder(text);
    if (!s) return false;
    if (s.transport === "udp") {
      if (this.resume === "off") return false;
      if (this.resume === "sameAddress" && s.address !== address) return false;
    }
    this.log.push("hit");
    const there = this.find(address, port);
    if (there !== s) {
      if (there) {
        this.log.push(`close ${address}:${port}`, "closed replaced");
        this.sessions = this.sessions.filter((one) => one !== there);
      }
      const previous = `${s.address}:${s.port}`;
      s.address = address;
      s.port = port;
      s.transport = "udp";
      this.log.push(`rebind ${address}:${port} ${dataPort}`, `moved from ${previous}`);
    }
    this.touch(s);
    return true;
  }

  advance(): void {
    const dead = this.sessions.filter((s) => s.lastActive + TIMEOUT <= this.now);
    for (const s of dead) this.log.push(`close ${s.address}:${s.port}`, "closed idle");
    this.sessions = this.sessions.filter((s) => !dead.includes(s));
    this.tokens = this.tokens.filter((t) => t.until > this.now);
  }

  find(address: string, port: number): ModelSession | undefined {
    return this.sessions.find(
      (s) => s.transport === "udp" && s.address === address && s.port === port,
    );
  }

  lookUp(text: string): BackendTarget | undefined {
    const found = this.tokens.find((t) => t.text === text)?.target;
    this.log.push(found ? "hit" : "miss");
    return found;
  }

  /** The most recently active session stands last. */
  touch(s: ModelSession): void {
    s.lastActive = this.now;
    this.sessions = [...this.sessions.filter((other) => other !== s), s];
  }

  issue(text: string, to: BackendTarget): boolean {
    this.advance();
    const others = this.tokens.filter((t) => t.text !== text);
    this.tokens = others;
    if (others.length >= MAX_TOKENS) return false;
    this.tokens.push({ text, target: to, until: this.now + TTL });
    return true;
  }

  open(
    address: string,
    port: number,
    to: BackendTarget,
    token: string | undefined,
    transport: Transport = "udp",
  ) {
    if (this.sessions.length >= MAX_SESSIONS) {
      if (transport === "udp") this.log.push("drop sessions_full client");
      return undefined;
    }
    const session = { address, port, transport, target: to, lastActive: this.now, era: 0 };
    const made = { ...session, serial: ++this.serials, token, held: ++this.uses };
    this.sessions.push(made);
    const origin = token === undefined ? "default" : "token";
    this.log.push(`open ${address}:${port} -> ${to.key}`, `opened ${origin}`);
    return made;
  }

  move(s: ModelSession, to: BackendTarget, cause: string, token: string): void {
    this.touch(s);
    this.hold(s, token);
    if (s.target.key === to.key) return;
    this.log.push(`retarget ${s.address}:${s.port} ${s.target.key} -> ${to.key}`);
    this.log.push(`retargeted ${cause}`);
    s.target = to;
    s.era++;
  }

  forward(s: ModelSession, dataPort: string, payload: string): void {
    const port = s.target.ports.get(dataPort);
    if (port === undefined) {
      this.log.push("drop no_port_mapping client");
      return;
    }
    this.touch(s);
    this.log.push(`backend ${s.address}:${s.port} ${s.target.address}:${port} ${payload}`);
  }

  packet(address: string, port: number, dataPort: string, kind: string, text: string, raw: string) {
    this.advance();
    const s = this.find(address, port);
    if (kind === "junk") this.log.push("drop reset_malformed client");
    else if (kind === "reset") {
      if (this.resumes(text, address, port, dataPort)) return;
      const to = this.lookUp(text);
      if (!to) this.log.push("drop reset_token_invalid client");
      else if (s) this.move(s, to, "packet", text);
      else this.open(address, port, to, text);
    } else if (s) this.forward(s, dataPort, raw);
    else if (kind === "data" || !this.resumes(text, address, port, dataPort)) {
      const granted = kind === "data" ? undefined : this.lookUp(text);
      if (granted) this.open(address, port, granted, text);
      else if (this.sessions.length >= MAX_SESSIONS) this.log.push("drop sessions_full client");
      else if (!this.fallback) this.log.push("drop no_default_endpoint client");
      else if (!this.fallback.ports.has(dataPort)) this.log.push("drop no_port_mapping client");
      else {
        const made = this.open(address, port, this.fallback, undefined);
        if (made) this.forward(made, dataPort, raw);
      }
    }
  }

  backend(from: Upstream, payload: string): void {
    this.advance();
    const s = this.sessions.find((one) => one.serial === from.session.id);
    if (!s || s.era !== from.generation) this.log.push("drop late_backend_packet server");
    else {
      this.touch(s);
      this.log.push(`client ${s.address}:${s.port} ${from.dataPort} ${payload}`);
    }
  }

  /** A TCP connection: the session that it belongs to, or why it belongs to none. */
  connect(address: string, port: number, dataPort: string, text: string | undefined) {
    this.advance();
    const found = this.connected(address, port, dataPort, text);
    if (typeof found === "string") return found;
    this.touch(found);
    return found.target.ports.has(dataPort) ? found.serial : "no_port_mapping";
  }

  connected(address: string, port: number, dataPort: string, text: string | undefined) {
    if (text !== undefined) {
      const holder = this.holder(text);
      if (holder) this.log.push("hit");
      const to = holder?.target ?? this.lookUp(text);
      if (!to) return "reset_token_invalid";
      return holder ?? this.open(address, port, to, text, "tcp") ?? "sessions_full";
    }
    const [only, ...others] = this.sessions.filter((s) => s.address === address);
    if (only && others.length === 0) return only;
    if (this.sessions.length >= MAX_SESSIONS) return "sessions_full";
    if (!this.fallback) return "no_default_endpoint";
    if (!this.fallback.ports.has(dataPort)) return "no_port_mapping";
    return this.open(address, port, this.fallback, undefined, "tcp") ?? "sessions_full";
  }

  query(address: string, port: number | undefined, text: string): unknown {
    this.advance();
    const to = this.lookUp(text);
    if (!to) return { ok: false, reason: "invalid_token" };
    const mine = this.sessions.filter((s) => s.address === address);
    if (port === undefined && mine.length > 1) {
      return { ok: false, reason: "ambiguous", sessions: mine.length };
    }
    const s = port === undefined ? mine[0] : this.find(address, port);
    if (!s) return { ok: false, reason: "no_session" };
    this.move(s, to, "query", text);
    return { ok: true };
  }
}

/** Every backend that a client was ever given, by whom the packet came from. */
class Ledger {
  readonly #given = new Map<string, Set<string>>();
  readonly #asked = new Map<string, string>();

  give(client: string, ...targets: readonly (BackendTarget | undefined)[]): void {
    const given = this.#given.get(client) ?? new Set();
    for (const to of targets) {
      for (const port of to?.ports.values() ?? []) given.add(`${to?.address}:${port}`);
    }
    this.#given.set(client, given);
  }

  /** Who was given the backend that a connection leads to: the client, or one at its address. */
  connected(who: string, address: string, backend: string): void {
    const near = [...this.#given].filter(([one]) => one === who || one.startsWith(`${address}:`));
    assert.ok(
      near.some(([, given]) => given.has(backend)),
      `nobody at ${address} was given ${backend}`,
    );
  }

  /** Each payload is unique, so it tells who sent it and whom it was meant for. */
  sent(payload: string, from: string): void {
    this.#asked.set(payload, from);
  }

  check(effects: readonly string[]): void {
    for (const effect of effects) {
      const [kind, client = "", second = "", ...rest] = effect.split(" ");
      const payload = rest.join(" ");
      if (kind === "backend") {
        assert.ok(this.#given.get(client)?.has(second), `${client} was never given ${second}`);
        assert.equal(this.#asked.get(payload), client, "another client's packet was forwarded");
      }
      if (kind === "client") assert.equal(this.#asked.get(payload), client, "reply to a stranger");
    }
  }
}

function run(
  events: readonly Event[],
  made: ReturnType<typeof MakeTable>,
  resume: ResumeRule,
): Set<string> {
  const { table, recorder, defaults } = made;
  const model = new Model(resume);
  const ledger = new Ledger();
  // A session goes on with what its token led to, also when the same token is issued again.
  const issued = new Map<string, BackendTarget[]>();
  const seen = new Set<string>();
  for (const [serial, e] of events.entries()) {
    if (e.kind === "wait") model.now += e.by;
    else if (e.kind === "tick") {
      model.advance();
      table.tick(model.now);
    } else if (e.kind === "default") {
      model.fallback = TARGETS[e.target];
      defaults.target = TARGETS[e.target];
    } else if (e.kind === "issue") {
      const to = TARGETS[e.target] as BackendTarget;
      const text = tokenNumber(e.token);
      assert.equal(table.issueToken(model.now, text, to), model.issue(text, to));
      issued.set(text, [...(issued.get(text) ?? []), to]);
    } else if (e.kind === "packet") {
      const { address, port } = CLIENTS[e.client] as (typeof CLIENTS)[number];
      const who = `${address}:${port}`;
      const dataPort = PORTS[e.port] as string;
      const text = tokenNumber(e.token);
      const raw = { data: `data${serial}`, token: text, "token\\n": `${text}\n` }[e.body];
      const payload = raw !== undefined ? bytes(raw) : reset(e.body === "junk" ? "junk" : text);
      ledger.sent(raw ?? "", who);
      ledger.give(who, model.fallback);
      if (e.body !== "data" && e.body !== "junk") ledger.give(who, ...(issued.get(text) ?? []));
      model.packet(address, port, dataPort, e.body, text, raw ?? "");
      table.onDatagram(model.now, { dataPort }, address, port, payload);
    } else if (e.kind === "backend") {
      const from = recorder.upstreams[e.upstream % Math.max(1, recorder.upstreams.length)];
      if (!from) continue;
      ledger.sent(`reply${serial}`, `${from.session.clientAddress}:${from.session.clientPort}`);
      model.backend(from, `reply${serial}`);
      table.onBackendDatagram(
        model.now,
        from.session,
        from.generation,
        from.dataPort,
        bytes(`reply${serial}`),
      );
    } else if (e.kind === "connect") {
      const { address } = CLIENTS[e.client] as (typeof CLIENTS)[number];
      const dataPort = PORTS[e.port] as string;
      const text = e.token === undefined ? undefined : tokenNumber(e.token);
      // Every connection has a port of its own, and some have one that a UDP socket has too.
      const port = 1000 + serial;
      const who = `${address}:${port}`;
      ledger.give(who, model.fallback, ...(issued.get(text ?? "") ?? []));
      const expected = model.connect(address, port, dataPort, text);
      const verdict = table.onConnection(model.now, dataPort, address, port, text);
      assert.equal(verdict.ok ? verdict.session.id : verdict.reason, expected);
      seen.add(verdict.ok ? "connected" : `refused ${verdict.reason}`);
      if (verdict.ok) {
        const { session, backendPort } = verdict;
        const at = text === undefined ? address : who;
        ledger.connected(who, at, `${session.target.address}:${backendPort}`);
      }
    } else if (e.kind === "stream") {
      model.advance();
      table.tick(model.now);
      const session = [...table.sessions()][e.session];
      const one = model.sessions.find(({ serial: id }) => id === session?.id);
      if (session && one) {
        model.touch(one);
        table.onActivity(model.now, session);
      }
    } else {
      const { address, port } = CLIENTS[e.client] as (typeof CLIENTS)[number];
      const text = tokenNumber(e.token);
      for (const one of CLIENTS.filter((c) => c.address === address)) {
        ledger.give(`${address}:${one.port}`, ...(issued.get(text) ?? []));
      }
      const named = e.named ? port : undefined;
      assert.deepEqual(
        table.resetByQuery(model.now, address, named, text),
        model.query(address, named, text),
      );
    }
    const effects = recorder.take();
    ledger.check(effects);
    assert.deepEqual(effects, model.take());
    for (const effect of effects)
      seen.add(
        effect.replace(
          /^(\w+)( \w+_\w+| token| default| idle| replaced| packet| query)?.*$/s,
          "$1$2",
        ),
      );
    assert.ok(table.size <= MAX_SESSIONS && table.tokens <= MAX_TOKENS);
    if (e.kind !== "wait" && e.kind !== "default") {
      assert.equal(table.size, model.sessions.length);
      assert.equal(table.tokens, model.tokens.length);
      assert.equal(table.clients, new Set(model.sessions.map((s) => s.address)).size);
      for (const to of TARGETS) {
        const held = model.sessions.filter((s) => s.target.key === to.key).length;
        assert.equal(table.sessionsOn(to.key), held);
      }
    }
  }
  return seen;
}

const options = {
  sessionTimeoutMs: TIMEOUT,
  tokenTtlMs: TTL,
  maxSessions: MAX_SESSIONS,
  maxTokens: MAX_TOKENS,
};

test("every sequence of events does exactly what the plain model does", () => {
  const seen = new Set<string>();
  const events = fc.array(event, { minLength: 5, maxLength: 60, size: "max" });
  const rule = fc.constantFrom<ResumeRule>("off", "sameAddress", "any");
  fc.assert(
    fc.property(events, rule, (all, resume) => {
      for (const effect of run(all, makeTable({ ...options, resume }), resume)) seen.add(effect);
    }),
    { numRuns: 3000 },
  );
  // The property is only worth its time if the sequences reach everything there is.
  for (const effect of [
    "open",
    "opened token",
    "opened default",
    "backend",
    "client",
    "retarget",
    "retargeted packet",
    "retargeted query",
    "close",
    "closed idle",
    "connected",
    "refused reset_token_invalid",
    "refused sessions_full",
    "refused no_default_endpoint",
    "refused no_port_mapping",
    "closed replaced",
    "rebind",
    "hit",
    "miss",
    "drop reset_malformed",
    "drop reset_token_invalid",
    "drop no_default_endpoint",
    "drop no_port_mapping",
    "drop sessions_full",
    "drop late_backend_packet",
  ]) {
    assert.ok(seen.has(effect), `never reached: ${effect}; reached: ${[...seen].join(", ")}`);
  }
});
