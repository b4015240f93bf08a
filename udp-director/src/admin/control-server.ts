import { readFile } from "node:fs/promises";
import { SettingError } from "../config/setting-error.ts";
import type { Backends } from "../retarget/backends.ts";
import type { Session } from "../sessions/session.ts";
import { Control, type ControlledSessions } from "./control.ts";
import { type ControlAppOptions, controlApp } from "./control-app.ts";
import { HttpPort } from "./http-port.ts";

/** What the admin API needs from the director. */
export interface ControlServerOptions
  extends Pick<ControlAppOptions, "protection" | "now" | "figures"> {
  readonly table: ControlledSessions;
  readonly backends: Backends;
  /** The ports that a session's backend sees, by data port. */
  readonly localPorts: (session: Session<unknown>) => Record<string, number>;
  readonly note: (message: string) => void;
}

/** The admin port: the API on its addresses, behind its token. */
export class ControlServer {
  readonly #options: ControlServerOptions;
  #port: HttpPort | undefined;

  constructor(options: ControlServerOptions) {
    this.#options = options;
  }

  /**
   * Listens and returns the port. Rejects with a BindError, or with a SettingError when the
   * token file cannot be read or is empty. A file that turns unreadable later lets nobody in.
   */
  async listen(admin: {
    readonly port: number;
    readonly listen: readonly string[];
    readonly tokenFile?: string | undefined;
  }): Promise<number> {
    const { table, backends, localPorts, protection, now, figures, note } = this.#options;
    const { tokenFile } = admin;
    const read = async () =>
      tokenFile === undefined ? undefined : (await readFile(tokenFile, "utf8")).trim();
    try {
      if ((await read()) === "") throw new Error("it is empty");
    } catch (error) {
      const why = (error as Error).message;
      throw new SettingError(`admin.tokenFile: cannot read a token from ${tokenFile}: ${why}`);
    }
    const control = new Control(table, backends, localPorts, now);
    const token = () => read().catch(() => "");
    this.#port = new HttpPort(
      () => controlApp({ control, protection, now, figures, token }),
      "admin port",
      "admin.port",
      note,
    );
    return this.#port.listen(admin.listen, admin.port);
  }

  async close(): Promise<void> {
    await this.#port?.close();
  }
}
