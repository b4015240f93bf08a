import { readFile } from "node:fs/promises";
import { SettingError } from "../config/setting-error.ts";
import { HttpPort } from "../net/http-port.ts";
import { readTls, renewTls, type ServerTls, type TlsFiles } from "../net/tls-files.ts";
import { RELOAD_MS } from "../query/credentials.ts";
import { Captures, type CapturesDependencies } from "./captures.ts";
import { Control, type ControlDependencies } from "./control.ts";
import { type ControlAppOptions, controlApp } from "./control-app.ts";

/** What the admin API needs from the director. */
export interface ControlServerOptions
  extends ControlDependencies,
    CapturesDependencies,
    Pick<ControlAppOptions, "protection" | "figures" | "events" | "streams" | "ranges"> {
  readonly note: (message: string) => void;
}

/** The admin port: the API on its addresses, behind its token. */
export class ControlServer {
  readonly #options: ControlServerOptions;
  #port: HttpPort | undefined;
  #endRenewal = () => {};

  constructor(options: ControlServerOptions) {
    this.#options = options;
  }

  /**
   * Listens and returns the port. Rejects with a BindError, or with a SettingError when the
   * token file or certificates cannot be read, or the token is empty. A file that turns unreadable later lets nobody in.
   */
  async listen(admin: {
    readonly port: number;
    readonly listen: readonly string[];
    readonly tokenFile?: string | undefined;
    readonly captures: boolean;
    readonly tls?: TlsFiles | undefined;
  }): Promise<number> {
    const { tokenFile } = admin;
    const tls = admin.tls && (await readTls("admin.tls", admin.tls));
    const read = async () =>
      tokenFile === undefined ? undefined : (await readFile(tokenFile, "utf8")).trim();
    try {
      if ((await read()) === "") throw new Error("it is empty");
    } catch (error) {
      const why = (error as Error).message;
      throw new SettingError(`admin.tokenFile: cannot read a token from ${tokenFile}: ${why}`);
    }
    const control = new Control(this.#options);
    const captures = admin.captures ? new Captures(this.#options) : undefined;
    const token = () => read().catch(() => "");
    const port = new HttpPort(
      () => controlApp({ ...this.#options, control, captures, token, tls }),
      "admin port",
      "admin.port",
      this.#options.note,
    );
    this.#port = port;
    if (admin.tls && tls) {
      const renew = (renewed: ServerTls) => port.renew(renewed);
      this.#endRenewal = renewTls(
        "admin.tls",
        admin.tls,
        tls,
        renew,
        this.#options.note,
        RELOAD_MS,
      );
    }
    return port.listen(admin.listen, admin.port);
  }

  async close(): Promise<void> {
    this.#endRenewal();
    await this.#port?.close();
  }
}
