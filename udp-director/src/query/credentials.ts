import { createHash, timingSafeEqual } from "node:crypto";
import { SettingError } from "../config/setting-error.ts";
import { readSetting, readTls, type ServerTls, type TlsFiles } from "../net/tls-files.ts";

/** Files that protect the query port. */
export interface CredentialFiles {
  readonly queryTls?: TlsFiles | undefined;
  readonly queryTokensFile?: string | undefined;
}

/** How often the files are read again, so that renewed ones work without a restart. */
export const RELOAD_MS = 5000;

const digest = (text: string) => createHash("sha256").update(text).digest();

interface Loaded {
  /** All that was read, to see a change. */
  readonly seen: string;
  readonly tls: ServerTls | undefined;
  /** Digests of the tokens; undefined where none is needed. */
  readonly tokens: readonly Buffer[] | undefined;
}

async function load({ queryTls, queryTokensFile }: CredentialFiles): Promise<Loaded> {
  const tls = queryTls && (await readTls("queryTls", queryTls));
  let tokens: Buffer[] | undefined;
  if (queryTokensFile !== undefined) {
    const text = await readSetting("queryTokensFile", queryTokensFile);
    tokens = text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "")
      .map(digest);
    if (tokens.length === 0) {
      throw new SettingError(
        `queryTokensFile: ${queryTokensFile} has no token; expected one a line`,
      );
    }
  }
  const seen = JSON.stringify([tls, tokens?.map((token) => token.toString("hex"))]);
  return { seen, tls, tokens };
}

/**
 * What the query port needs to know of who may ask. The files are read again every few seconds;
 * files that cannot be used keep the last good ones, with a note.
 */
export class QueryCredentials {
  readonly #files: CredentialFiles;
  readonly #note: (message: string) => void;
  #loaded: Loaded;
  #lastProblem = "";
  #timer: NodeJS.Timeout | undefined;
  #onTls: (tls: ServerTls) => void = () => undefined;

  private constructor(files: CredentialFiles, loaded: Loaded, note: (message: string) => void) {
    this.#files = files;
    this.#loaded = loaded;
    this.#note = note;
  }

  /** Reads the files. Rejects with a SettingError that names the key and what is wrong. */
  static async open(
    files: CredentialFiles,
    note: (message: string) => void,
    reloadMs = RELOAD_MS,
  ): Promise<QueryCredentials> {
    const credentials = new QueryCredentials(files, await load(files), note);
    if (files.queryTls !== undefined || files.queryTokensFile !== undefined) {
      credentials.#timer = setInterval(() => void credentials.#reload(), reloadMs);
      credentials.#timer.unref();
    }
    return credentials;
  }

  /** The certificates now; undefined for a port in plain text. */
  get tls(): ServerTls | undefined {
    return this.#loaded.tls;
  }

  /** Hears of renewed certificates. */
  set onTls(listener: (tls: ServerTls) => void) {
    this.#onTls = listener;
  }

  /**
   * May this request be answered? Its field `bearer` must be one of the tokens. What is no JSON
   * object may be, since the answer is an error anyway.
   */
  authorizes(body: Uint8Array): boolean {
    const { tokens } = this.#loaded;
    if (tokens === undefined) return true;
    let bearer: unknown;
    try {
      bearer = (JSON.parse(new TextDecoder().decode(body)) as { bearer?: unknown }).bearer;
    } catch {
      return true;
    }
    if (typeof bearer !== "string") return false;
    const given = digest(bearer);
    return tokens.filter((token) => timingSafeEqual(token, given)).length > 0;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #reload(): Promise<void> {
    try {
      const loaded = await load(this.#files);
      this.#lastProblem = "";
      if (loaded.seen === this.#loaded.seen) return;
      this.#loaded = loaded;
      if (loaded.tls !== undefined) this.#onTls(loaded.tls);
      this.#note("read the query port's renewed certificates and tokens");
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#lastProblem) this.#note(`${message}; the last good ones stay`);
      this.#lastProblem = message;
    }
  }
}
