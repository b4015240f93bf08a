import { randomBytes } from "node:crypto";
import type { BackendTarget } from "../sessions/target.ts";
import type { TokenRules } from "../sessions/token-table.ts";
import { HmacCookies } from "./challenge-cookies.ts";
import { type KeySource, readKeys } from "./keys.ts";
import { SealedTokens, type TokenKey } from "./sealed-tokens.ts";

/** The configuration's `tokens`, as far as the mint reads it. */
export interface TokenSettings {
  readonly kind: "uuid" | "sealed";
  readonly singleUse: boolean;
  readonly bindToQuerySource: boolean;
  readonly clockSkewSeconds: number;
  readonly keys?: readonly KeySource[] | undefined;
}

/** What a mint needs from outside. */
export interface MintDependencies {
  /** A fresh UUID v4 from a cryptographic source. */
  readonly newUuid: () => string;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Secret of cookies where there are no keys, 32 bytes. Left out: a fresh one. */
  readonly cookieSecret?: Uint8Array;
}

/** Draws tokens of the configured kind and knows the rules of their use. */
export interface TokenMint {
  readonly rules: TokenRules;
  /** There when the configuration has keys. */
  readonly sealed: SealedTokens | undefined;
  /** Cookies of all directors with the same first key, or of this one where there is none. */
  readonly cookies: HmacCookies;
  /** A fresh token for `target`; `source` is the address that asks for it. */
  draw(target: BackendTarget, source: string): string;
}

/** Reads the keys. Rejects with a SettingError when one cannot be read or is no key. */
export async function openMint(
  settings: TokenSettings,
  ttlSeconds: number,
  { newUuid, wallNow, environment, cookieSecret }: MintDependencies,
): Promise<TokenMint> {
  const [first, ...others] = await readKeys(settings.keys ?? [], environment);
  const bindToSource = settings.bindToQuerySource;
  const rules = { singleUse: settings.singleUse, bindToSource };
  const cookies = new HmacCookies({
    secret: first?.secret ?? cookieSecret ?? randomBytes(32),
    wallNow,
  });
  if (first === undefined) return { rules, sealed: undefined, cookies, draw: newUuid };
  const keys: [TokenKey, ...TokenKey[]] = [first, ...others];
  const ttlMs = ttlSeconds * 1000;
  const clockSkewMs = settings.clockSkewSeconds * 1000;
  const sealed = new SealedTokens({ keys, ttlMs, clockSkewMs, wallNow, randomBytes });
  const draw = (target: BackendTarget, source: string) =>
    sealed.seal(target, bindToSource ? source : undefined);
  return { rules, sealed, cookies, draw: settings.kind === "sealed" ? draw : newUuid };
}
