import { randomBytes } from "node:crypto";
import type { DirectorConfig } from "../config/schema.ts";
import type { BackendTarget } from "../sessions/target.ts";
import { type MintDependencies, openMint, type TokenMint } from "../tokens/token-mint.ts";

/** The mint of the configuration in force. */
export class LiveMint implements TokenMint {
  readonly #dependencies: MintDependencies;
  #mint: TokenMint;

  private constructor(mint: TokenMint, dependencies: MintDependencies) {
    this.#mint = mint;
    this.#dependencies = dependencies;
  }

  /** Reads the keys. Rejects with a SettingError when one cannot be used. */
  static async open(config: DirectorConfig, dependencies: MintDependencies): Promise<LiveMint> {
    // Drawn once: cookies that are on their way stay good when the keys are read again.
    const lasting = { cookieSecret: randomBytes(32), ...dependencies };
    const mint = await openMint(config.tokens, config.tokenTtlSeconds, lasting);
    return new LiveMint(mint, lasting);
  }

  /** Reads the keys of another configuration; the returned function puts them in force. */
  async prepare(config: DirectorConfig): Promise<() => void> {
    const mint = await openMint(config.tokens, config.tokenTtlSeconds, this.#dependencies);
    return () => {
      this.#mint = mint;
    };
  }

  get rules() {
    return this.#mint.rules;
  }

  get sealed() {
    return this.#mint.sealed;
  }

  get cookies() {
    return this.#mint.cookies;
  }

  draw(target: BackendTarget, source: string): string {
    return this.#mint.draw(target, source);
  }
}
