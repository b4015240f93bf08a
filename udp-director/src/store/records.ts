import { readStoredQuery } from "../protocol/stored-query.ts";
import type { ClientSocket, SessionOrigin } from "../sessions/session.ts";
import { type BackendTarget, makeTarget } from "../sessions/target.ts";

/**
 * What stores keep, and its JSON. Times are wall-clock milliseconds since 1970: the only clock
 * that outlives a process and that several share.
 */

/** One session. A later record of the same client replaces an earlier one. */
export interface SessionRecord extends ClientSocket {
  readonly origin: SessionOrigin;
  /** What opened it or last moved it. Records of older versions have none. */
  readonly token: string | undefined;
  readonly createdAt: number;
  readonly activeAt: number;
  /** When it got its target: of two records the later one is right about the target. */
  readonly targetSince: number;
  readonly target: BackendTarget;
}

/** One granted UUID token. */
export interface TokenRecord {
  readonly token: string;
  readonly expiresAt: number;
  readonly target: BackendTarget;
  readonly source: string | undefined;
  readonly usedBy: string | undefined;
}

/** A port of a port range that has been given to a backend. */
export interface PortRecord {
  readonly port: number;
  readonly range: string;
  readonly target: BackendTarget;
  readonly until: number;
}

/** A change of state, in the order in which it happened. */
export type StoreChange =
  /** Opened, or has another target. */
  | { readonly kind: "session"; readonly record: SessionRecord }
  /** Was active since the last record; nothing else about it is new. */
  | { readonly kind: "active"; readonly record: SessionRecord }
  /** `idle`: by itself, else somebody ended it. */
  | { readonly kind: "ended"; readonly client: ClientSocket; readonly idle: boolean }
  | { readonly kind: "token"; readonly record: TokenRecord }
  /** Without a record the port is free again. */
  | { readonly kind: "port"; readonly port: number; readonly given: PortRecord | undefined };

type Json = { readonly [key: string]: unknown };

const targetJson = ({ address, ports, resource, query, proxyProtocol }: BackendTarget) => {
  const always = [address, [...ports], resource];
  if (proxyProtocol !== undefined) return [...always, query ?? null, proxyProtocol];
  return query === undefined ? always : [...always, query];
};

/** A client's socket; a version that knows no TCP must not take a connection for a UDP socket. */
export function clientJson({ address, port, transport, rangePort }: ClientSocket) {
  if (rangePort !== undefined) return { a: address, rp: port, d: rangePort, n: transport };
  return transport === "tcp" ? { a: address, tp: port } : { a: address, p: port };
}

/** Session as JSON text, about 200 bytes. */
export function sessionJson(record: SessionRecord): string {
  const { origin, token, createdAt, activeAt, targetSince, target } = record;
  return JSON.stringify({
    ...clientJson(record),
    o: origin,
    k: token,
    c: Math.round(createdAt),
    l: Math.round(activeAt),
    s: Math.round(targetSince),
    t: targetJson(target),
  });
}

/** Token as JSON text. */
export function tokenJson({ token, expiresAt, target, source, usedBy }: TokenRecord): string {
  const t = targetJson(target);
  return JSON.stringify({ i: token, x: Math.round(expiresAt), t, s: source, u: usedBy });
}

/** A port of a range as JSON text. */
export function portJson(port: number, given: PortRecord | undefined): string {
  if (given === undefined) return JSON.stringify({ d: port });
  const { range, target, until } = given;
  return JSON.stringify({ d: port, r: range, x: Math.round(until), t: targetJson(target) });
}

const isText = (value: unknown): value is string => typeof value === "string";
const isTime = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value);
const isPort = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65_535;

/** The object that a text holds, or `undefined` for anything else. */
export function parseObject(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

/** Reads what `targetJson` wrote; anything else is `undefined`. */
export function readTarget(value: unknown): BackendTarget | undefined {
  if (!Array.isArray(value)) return undefined;
  const [address, ports, resource, asked, proxy] = value as unknown[];
  if (proxy !== undefined && proxy !== "first" && proxy !== "every") return undefined;
  if (!isText(address) || !isText(resource) || !Array.isArray(ports)) return undefined;
  const good = ports.every((one) => Array.isArray(one) && isText(one[0]) && isPort(one[1]));
  if (!good) return undefined;
  const query = readStoredQuery(asked);
  const target = makeTarget(address, ports as [string, number][], resource, proxy);
  return query === undefined ? target : { ...target, query };
}

/** Reads what `clientJson` wrote; anything else is `undefined`. */
export function readClient({ a: address, p, tp, rp, d, n }: Json): ClientSocket | undefined {
  const port = rp ?? tp ?? p;
  if (!isText(address) || !isPort(port)) return undefined;
  if (rp === undefined) return { address, port, transport: tp === undefined ? "udp" : "tcp" };
  if (!isPort(d) || (n !== "udp" && n !== "tcp")) return undefined;
  return { address, port, transport: n, rangePort: d };
}

/** Reads what `sessionJson` wrote; anything else is `undefined`. */
export function readSession(json: Json, target = readTarget(json.t)): SessionRecord | undefined {
  const { o: origin, k: token } = json;
  const { c: createdAt, l: activeAt, s: targetSince } = json;
  const client = readClient(json);
  if (client === undefined || target === undefined) return undefined;
  if (origin !== "token" && origin !== "default" && origin !== "range") return undefined;
  if (token !== undefined && !isText(token)) return undefined;
  if (!isTime(createdAt) || !isTime(activeAt) || !isTime(targetSince)) return undefined;
  return { ...client, origin, token, createdAt, activeAt, targetSince, target };
}

/** Reads what `portJson` wrote; anything else is `undefined`. */
export function readPort({ d: port, r: range, x: until, t }: Json) {
  if (!isPort(port)) return undefined;
  if (range === undefined) return { port, given: undefined };
  const target = readTarget(t);
  if (!isText(range) || !isTime(until) || target === undefined) return undefined;
  return { port, given: { port, range, target, until } };
}

/** Reads what `tokenJson` wrote; anything else is `undefined`. */
export function readToken(json: Json): TokenRecord | undefined {
  const { i: token, x: expiresAt, s: source, u: usedBy } = json;
  const target = readTarget(json.t);
  if (!isText(token) || !isTime(expiresAt) || target === undefined) return undefined;
  if (source !== undefined && !isText(source)) return undefined;
  if (usedBy !== undefined && !isText(usedBy)) return undefined;
  return { token, expiresAt, target, source, usedBy };
}

export { isText, isTime };
