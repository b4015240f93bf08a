import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { COOKIE_BYTES } from "../protocol/challenge-packet.ts";
import type { ChallengeCookies } from "../sessions/session-ports.ts";

/** Milliseconds after which cookies change. One is good in its own period and the next. */
const PERIOD_MS = 10_000;

/** What cookies are made of. */
export interface CookieOptions {
  /** At least 16 random bytes; directors with the same accept each other's cookies. */
  readonly secret: Uint8Array;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
}

/**
 * Cookies that prove that a client receives at its address: HMAC-SHA-256 over period, address and
 * port, cut to 16 bytes. Nothing is remembered, so that a flood of forged first packets costs no
 * memory. Good for 10 to 20 s.
 */
export class HmacCookies implements ChallengeCookies {
  readonly #key: Uint8Array;
  readonly #wallNow: () => number;

  constructor({ secret, wallNow }: CookieOptions) {
    // A key of its own: the secret may be one that seals tokens.
    this.#key = new Uint8Array(hkdfSync("sha256", secret, "", "udp-director challenge", 32));
    this.#wallNow = wallNow;
  }

  draw(address: string, port: number): Uint8Array {
    return this.#cookie(this.#period(), address, port);
  }

  accepts(cookie: Uint8Array, address: string, port: number): boolean {
    const period = this.#period();
    return [period, period - 1].some((one) =>
      timingSafeEqual(this.#cookie(one, address, port), cookie),
    );
  }

  #period(): number {
    return Math.floor(this.#wallNow() / PERIOD_MS);
  }

  #cookie(period: number, address: string, port: number): Uint8Array {
    const hmac = createHmac("sha256", this.#key).update(`${period} ${address} ${port}`);
    return hmac.digest().subarray(0, COOKIE_BYTES);
  }
}
