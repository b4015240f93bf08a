import { EventParser, readEvents } from "./event-source.js";

const TOKEN = "udp-director.token";
/** Between two attempts at the event stream. Milliseconds. */
const RETRY_MS = 1000;

/** A request that the director has refused, in its words. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * The admin API. The bearer token is asked for when the director wants one, and lives as long as
 * the tab.
 */
export class Api {
  #askToken;
  /** @type {Promise<void> | undefined} */
  #asking;

  /**
   * @param {(wrong: boolean) => Promise<string>} askToken `wrong`: the last one was refused
   */
  constructor(askToken) {
    this.#askToken = askToken;
  }

  /**
   * @param {"GET" | "POST" | "DELETE"} method
   * @param {string} path
   * @param {unknown} [body]
   */
  async ask(method, path, body) {
    const response = await this.#fetch(path, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return response.json();
  }

  /**
   * Follows the events for ever, through restarts of the director.
   * @param {(events: import("./event-source.js").DirectorEvent[]) => void} onEvents
   * @param {(live: boolean) => void} onState
   */
  async follow(onEvents, onState) {
    const parser = new EventParser();
    for (;;) {
      try {
        const headers = parser.lastId === "" ? {} : { "last-event-id": parser.lastId };
        const response = await this.#fetch("v1/events?recent=100", { headers });
        if (response.body === null) return;
        onState(true);
        await readEvents(response.body, parser, onEvents);
      } catch {
        // Closed, refused or unreachable: the state says so, and the next attempt follows.
      }
      onState(false);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /**
   * @param {string} path
   * @param {{ method?: string; headers: Record<string, string>; body?: string }} init
   * @returns {Promise<Response>}
   */
  async #fetch(path, init) {
    const token = sessionStorage.getItem(TOKEN);
    const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(path, {
      ...init,
      headers: { ...init.headers, ...authorization },
      cache: "no-store",
    });
    if (response.ok) return response;
    if (response.status === 401) {
      await this.#signIn(token);
      return this.#fetch(path, init);
    }
    const answer = await response.json().catch(() => ({}));
    throw new Refusal(response.status, String(answer.error ?? response.statusText));
  }

  /**
   * Asks once for all requests that were refused together.
   * @param {string | null} refused
   */
  async #signIn(refused) {
    if (sessionStorage.getItem(TOKEN) !== refused) return;
    this.#asking ??= this.#askToken(refused !== null)
      .then((token) => sessionStorage.setItem(TOKEN, token))
      .finally(() => {
        this.#asking = undefined;
      });
    await this.#asking;
  }
}
