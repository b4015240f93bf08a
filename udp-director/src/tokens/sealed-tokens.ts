import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from "node:crypto";
import { isIP } from "node:net";
import type { ResourceQuery } from "../protocol/request.ts";
import { MAX_SEALED_BYTES, SEALED_PREFIX, splitSealedToken } from "../protocol/sealed-token.ts";
import { readStoredQuery } from "../protocol/stored-query.ts";
import type { OpenedToken, SealedTokenOpener, TokenRefusal } from "../sessions/session-ports.ts";
import { type BackendTarget, makeTarget } from "../sessions/target.ts";

/** A key for sealing tokens. */
export interface TokenKey {
  /** 1 to 16 letters, digits, `-` and `_`; stands in clear text in every token. */
  readonly id: string;
  /** 32 bytes from a random source. */
  readonly secret: Uint8Array;
}

/** What sealing takes. Times in milliseconds. */
export interface SealedTokenOptions {
  /** The first one seals, all of them open. */
  readonly keys: readonly [TokenKey, ...TokenKey[]];
  readonly ttlMs: number;
  /** How far the clocks of directors may be apart: tokens are accepted this much longer. */
  readonly clockSkewMs: number;
  /** Wall clock, milliseconds since 1970: the one that directors share. */
  readonly wallNow: () => number;
  /** `count` random bytes from a cryptographic source. */
  readonly randomBytes: (count: number) => Uint8Array;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = "aes-256-gcm";
/** Base64url bytes that remain beside prefix, key id and dot. */
const MAX_PLAIN_BYTES =
  Math.floor(((MAX_SEALED_BYTES - SEALED_PREFIX.length - 17) * 3) / 4) - NONCE_BYTES - TAG_BYTES;

const WITH_CLIENT = 1;
const WITH_QUERY = 2;
const PROXY_EVERY = 4;
const PROXY_FIRST = 8;
const PROXY_BITS = { every: PROXY_EVERY, first: PROXY_FIRST } as const;

/**
 * Tokens that carry their target, encrypted and authenticated with AES-256-GCM, so that any
 * director with the keys accepts them and none has to remember them. A random 96-bit nonce a
 * token: a key is good for 2^32 tokens (NIST SP 800-38D section 8.3), so change keys before.
 *
 * Inside: flags (1 byte, bit 0: bound to a client, bit 1: with a query, bit 2 or 3: PROXY protocol
 * before every or the first datagram), expiry (6 bytes, milliseconds since 1970), address, client address if bound, count of ports and for each its
 * data port's name and number (2 bytes), resource, and to the end the query, if any, as JSON
 * `[labels, annotations, status?]`: its type and namespace are the resource's. Other texts are
 * UTF-8 with a length byte, numbers big-endian.
 */
export class SealedTokens implements SealedTokenOpener {
  readonly #options: SealedTokenOptions;
  readonly #keys: ReadonlyMap<string, KeyObject>;

  constructor(options: SealedTokenOptions) {
    this.#options = options;
    this.#keys = new Map(options.keys.map(({ id, secret }) => [id, createSecretKey(secret)]));
  }

  /**
   * A token for `target`, of at most 448 bytes. With `client` only that address may use it. The
   * query, and then the resource's name, is left out when it is too long. Throws a RangeError
   * when the ports alone are: a validated configuration cannot cause that.
   */
  seal(target: BackendTarget, client?: string): string {
    const { keys, randomBytes, ttlMs, wallNow } = this.#options;
    const expiresAt = Math.floor(wallNow() + ttlMs);
    const plain = encode({ target, client, expiresAt });
    const { id } = keys[0];
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#keys.get(id) as KeyObject, nonce, {
      authTagLength: TAG_BYTES,
    });
    cipher.setAAD(Buffer.from(SEALED_PREFIX + id));
    const body = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return `${SEALED_PREFIX}${id}.${body.toString("base64url")}`;
  }

  open(token: string): OpenedToken | { readonly ok: false; readonly reason: TokenRefusal } {
    const parts = splitSealedToken(token);
    if (parts === undefined) return { ok: false, reason: "token_malformed" };
    const body = Buffer.from(parts.body, "base64url");
    // Base64 has several texts for the same bytes; only the one that was sealed is the token.
    if (body.length <= NONCE_BYTES + TAG_BYTES || body.toString("base64url") !== parts.body) {
      return { ok: false, reason: "token_malformed" };
    }
    const key = this.#keys.get(parts.keyId);
    const plain = key && decrypt(key, parts.keyId, body);
    const content = plain && decode(plain);
    if (content === undefined) return { ok: false, reason: "token_not_authentic" };
    const { clockSkewMs, ttlMs, wallNow } = this.#options;
    const left = content.expiresAt - wallNow();
    if (left <= -clockSkewMs || left > ttlMs + clockSkewMs) {
      return { ok: false, reason: "token_expired" };
    }
    return { ok: true, target: content.target, client: content.client };
  }
}

function decrypt(key: KeyObject, keyId: string, body: Buffer): Buffer | undefined {
  const decipher = createDecipheriv(CIPHER, key, body.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(SEALED_PREFIX + keyId));
  decipher.setAuthTag(body.subarray(body.length - TAG_BYTES));
  const plain = decipher.update(body.subarray(NONCE_BYTES, body.length - TAG_BYTES));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    return undefined;
  }
}

interface Content {
  readonly target: BackendTarget;
  readonly client: string | undefined;
  readonly expiresAt: number;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  if (bytes.length > 255) throw new RangeError(`too long for a token: ${value.slice(0, 40)}...`);
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

function encode({ target, client, expiresAt }: Content): Buffer {
  const head = Buffer.alloc(7);
  const proxied = target.proxyProtocol === undefined ? 0 : PROXY_BITS[target.proxyProtocol];
  head[0] = (client === undefined ? 0 : WITH_CLIENT) | proxied;
  head.writeUIntBE(expiresAt, 1, 6);
  const parts = [head, text(target.address)];
  if (client !== undefined) parts.push(text(client));
  parts.push(Buffer.of(target.ports.size));
  for (const [name, port] of target.ports) {
    parts.push(text(name), Buffer.of(port >> 8, port & 255));
  }
  const fixed = Buffer.concat(parts);
  if (fixed.length + 1 > MAX_PLAIN_BYTES) {
    throw new RangeError(`a token for ${target.address} would be longer than a packet may be`);
  }
  const room = Math.min(255, MAX_PLAIN_BYTES - fixed.length - 1);
  const fits = Buffer.byteLength(target.resource) <= room;
  const named = Buffer.concat([fixed, text(fits ? target.resource : "")]);
  const query = fits ? queryText(target) : Buffer.of();
  if (query.length === 0 || named.length + query.length > MAX_PLAIN_BYTES) return named;
  named.writeUInt8(named.readUInt8(0) | WITH_QUERY, 0);
  return Buffer.concat([named, query]);
}

/** Empty where there is no query of a client, or one for other resources than the token's. */
function queryText({ query, resource }: BackendTarget): Buffer {
  if (query === undefined || query.expression !== undefined) return Buffer.of();
  const { resourceType, namespace, labels, annotations, status } = query;
  const [type, space] = resource.split("/");
  if (type !== resourceType || space !== namespace) return Buffer.of();
  return Buffer.from(JSON.stringify([labels, annotations, ...(status ? [status] : [])]));
}

/** The query of a token for `resource`. Throws a RangeError for a text that is none. */
function readQueryText(json: string, resource: string): ResourceQuery {
  const [resourceType, namespace] = resource.split("/");
  let query: ResourceQuery | undefined;
  try {
    const [labels, annotations, status] = JSON.parse(json);
    query = readStoredQuery({ resourceType, namespace, labels, annotations, status });
  } catch {
    query = undefined;
  }
  if (query === undefined) throw new RangeError("no query");
  return query;
}

/** Reads what `encode` wrote. Only a director with the key can have written anything else. */
function decode(plain: Buffer): Content | undefined {
  let at = 7;
  const take = () => {
    const end = at + 1 + plain.readUInt8(at);
    if (end > plain.length) throw new RangeError("cut");
    const value = plain.toString("utf8", at + 1, end);
    at = end;
    return value;
  };
  try {
    const flags = plain.readUInt8(0);
    const expiresAt = plain.readUIntBE(1, 6);
    const address = take();
    const client = flags & WITH_CLIENT ? take() : undefined;
    const ports: [string, number][] = [];
    for (let left = plain.readUInt8(at++); left > 0; left--) {
      const name = take();
      ports.push([name, plain.readUInt16BE(at)]);
      at += 2;
    }
    const resource = take();
    const proxied = flags & PROXY_EVERY ? "every" : flags & PROXY_FIRST ? "first" : undefined;
    const bare = makeTarget(address, ports, resource, proxied);
    const end = flags & WITH_QUERY ? plain.length : at;
    if (isIP(address) === 0 || end !== plain.length) return undefined;
    if (end === at) return { target: bare, client, expiresAt };
    const query = readQueryText(plain.toString("utf8", at), resource);
    return { target: { ...bare, query }, client, expiresAt };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
