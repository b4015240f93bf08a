import { readFile } from "node:fs/promises";
import { SettingError } from "../config/setting-error.ts";
import type { TokenKey } from "./sealed-tokens.ts";

/** Where a key's secret is; exactly one of the three. */
export interface KeySource {
  readonly id: string;
  readonly secretFile?: string | undefined;
  readonly secretEnv?: string | undefined;
  readonly secret?: string | undefined;
}

const SECRET_BYTES = 32;
const HOW = "expected 32 bytes in hex or base64, such as `openssl rand -hex 32` prints";

function parseSecret(text: string): Buffer | undefined {
  const value = text.trim();
  if (/^[0-9a-fA-F]{64}$/.test(value)) return Buffer.from(value, "hex");
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(value)) return undefined;
  const bytes = Buffer.from(value, "base64");
  return bytes.length === SECRET_BYTES ? bytes : undefined;
}

/**
 * Reads the secrets of all keys, in order. Rejects with a SettingError that names the key and
 * what is wrong with it, and never what the secret is.
 */
export async function readKeys(
  sources: readonly KeySource[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<TokenKey[]> {
  return Promise.all(
    sources.map(async ({ id, secretFile, secretEnv, secret }, index) => {
      const setting = `tokens.keys[${index}]`;
      let value = secret;
      if (secretFile !== undefined) {
        value = await readFile(secretFile, "utf8").catch((error: NodeJS.ErrnoException) => {
          throw new SettingError(`${setting}.secretFile: cannot read ${secretFile}: ${error.code}`);
        });
      } else if (secretEnv !== undefined) {
        value = environment[secretEnv];
        if (value === undefined) {
          throw new SettingError(`${setting}.secretEnv: ${secretEnv} is not set; ${HOW}`);
        }
      }
      const bytes = parseSecret(value ?? "");
      if (bytes === undefined) throw new SettingError(`${setting}: key ${id} is no key; ${HOW}`);
      return { id, secret: bytes };
    }),
  );
}
