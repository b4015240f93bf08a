import { readFile } from "node:fs/promises";
import { createSecureContext, type TlsOptions } from "node:tls";
import { SettingError } from "../config/setting-error.ts";

/** Files of a port that speaks TLS, PEM. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Authorities of which every client must show a certificate (mTLS). */
  readonly clientCaFile?: string | undefined;
}

/** Certificate, key and client authorities, as node:tls takes them. */
export type ServerTls = Pick<
  TlsOptions,
  "cert" | "key" | "ca" | "requestCert" | "rejectUnauthorized"
>;

/** A file that a setting names. Rejects with a SettingError. */
export async function readSetting(setting: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new SettingError(`${setting}: cannot read ${path}: ${(error as Error).message}`);
  }
}

/** Reads the files of the block `setting`. Rejects with a SettingError that says what is wrong. */
export async function readTls(setting: string, files: TlsFiles): Promise<ServerTls> {
  const { certFile, keyFile, clientCaFile } = files;
  const cert = await readSetting(`${setting}.certFile`, certFile);
  const key = await readSetting(`${setting}.keyFile`, keyFile);
  const ca =
    clientCaFile === undefined
      ? undefined
      : await readSetting(`${setting}.clientCaFile`, clientCaFile);
  const mutual = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true };
  const tls = { cert, key, ...mutual };
  try {
    createSecureContext(tls);
  } catch (error) {
    throw new SettingError(
      `${setting}: ${certFile} and ${keyFile} are no certificate and its key: ${(error as Error).message}`,
    );
  }
  return tls;
}

/**
 * Reads the files again every `everyMs`, and hands them on when they have changed; ones that
 * cannot be used keep the last good ones, with a note. Returns what ends that.
 */
export function renewTls(
  setting: string,
  files: TlsFiles,
  first: ServerTls,
  renewed: (tls: ServerTls) => void,
  note: (message: string) => void,
  everyMs: number,
): () => void {
  let last = JSON.stringify(first);
  let problem = "";
  const look = async () => {
    try {
      const tls = await readTls(setting, files);
      problem = "";
      if (JSON.stringify(tls) === last) return;
      last = JSON.stringify(tls);
      renewed(tls);
      note(`read the renewed certificates of ${setting}`);
    } catch (error) {
      const { message } = error as Error;
      if (message !== problem) note(`${message}; the last good ones stay`);
      problem = message;
    }
  };
  const timer = setInterval(() => void look(), everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
