import { askEnd, askMove, showDetail } from "./dialogs.js";
import { badge, byId, element, Rows, rowButton, setText } from "./dom.js";
import { duration, milliseconds, percent } from "./figures.js";

/** @typedef {import("../control-schemas.ts").SessionView} SessionView */

/** What a session's origin is called. */
const OPENED_BY = { token: "a token", default: "the default endpoint", range: "a port range" };

/** Sessions in a page. */
const PAGE = 50;
/** After the last key of a search. Milliseconds. */
const TYPING_MS = 250;

/**
 * What the table needs from the rest of the page.
 * @typedef {{
 *   others: (resource: string) => string[];
 *   tellMove: (outcome: { matched: number; moved: number; reasons: string[] }) => void;
 *   notify: (text: string) => void;
 *   changed: () => void;
 * }} Surroundings
 */

/** @param {SessionView} session */
const clientOf = ({ clientAddress, clientPort }) =>
  clientAddress.includes(":")
    ? `[${clientAddress}]:${clientPort}`
    : `${clientAddress}:${clientPort}`;

/** @param {Readonly<Record<string, number>>} ports */
const portsText = (ports) =>
  Object.entries(ports)
    .map(([name, port]) => `${name} ${port}`)
    .join(", ");

/**
 * @param {SessionView["quality"]} quality
 * @returns {[name: string, value: string][]}
 */
function qualityFields(quality) {
  if (quality === null) return [];
  const trip = quality.roundTrip;
  return [
    ...quality.streams.map((stream) => {
      const loss = `${percent(stream.lossRatio)} lost (now ${percent(stream.recentLossRatio)})`;
      const jitter = `jitter ${milliseconds(stream.jitterMs)}`;
      const known = stream.kind === "rtp" ? `RTP: ${loss}, ${jitter}` : jitter;
      /** @type {[string, string]} */
      const field = [`From ${stream.from}, ${stream.dataPort}`, known];
      return field;
    }),
    ["Backend answers in", milliseconds(trip?.smoothedMs ?? null)],
  ];
}

/** The searched, paged table of sessions and what can be done to each. */
export class SessionTable {
  #api;
  #around;
  #search = byId("search-text", HTMLInputElement);
  #previous = byId("previous", HTMLButtonElement);
  #next = byId("next", HTMLButtonElement);
  /** `after` of the pages before this one. @type {number[]} */
  #before = [];
  #after = 0;
  /** @type {number | null} */
  #following = null;
  /** @type {Rows<SessionView>} */
  #rows = new Rows(
    "session-rows",
    "no-sessions",
    ({ id }) => String(id),
    (session) => this.#row(session),
  );

  /**
   * @param {import("./api.js").Api} api
   * @param {Surroundings} around
   */
  constructor(api, around) {
    this.#api = api;
    this.#around = around;
    this.#next.addEventListener("click", () => {
      if (this.#following === null) return;
      this.#before.push(this.#after);
      this.#go(this.#following);
    });
    this.#previous.addEventListener("click", () => this.#go(this.#before.pop() ?? 0));
    byId("search", HTMLFormElement).addEventListener("submit", (event) => event.preventDefault());
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let typing;
    this.#search.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(() => {
        this.#before = [];
        this.#go(0);
      }, TYPING_MS);
    });
  }

  /** Asks for the page that is shown, once more. */
  async refresh() {
    const search = this.#search.value.trim();
    const wanted = new URLSearchParams({ after: String(this.#after), limit: String(PAGE) });
    if (search !== "") wanted.set("search", search);
    const asked = wanted.toString();
    /** @type {{ sessions: SessionView[]; next: number | null }} */
    const page = await this.#api.ask("GET", `v1/sessions?${asked}`);
    // Another page may have been turned to in between.
    const [after, text] = [String(this.#after), this.#search.value.trim()];
    if (wanted.get("after") !== after || (wanted.get("search") ?? "") !== text) return;
    this.#following = page.next;
    this.#next.disabled = page.next === null;
    this.#previous.disabled = this.#before.length === 0;
    this.#rows.show(page.sessions);
    const shown = byId("no-sessions", HTMLElement);
    setText(shown, search === "" ? "No sessions." : `No session has “${search}” in it.`);
  }

  /** @param {number} after */
  #go(after) {
    this.#after = after;
    this.refresh().catch((error) => this.#around.notify(String(error)));
  }

  /** @param {SessionView} first */
  #row(first) {
    const { id } = first;
    const cells = {
      client: element("td"),
      backend: element("td"),
      state: element("td"),
      moves: element("td", { class: "number wide" }),
      age: element("td", { class: "number wide" }),
      idle: element("td", { class: "number wide" }),
    };
    const show = element("button", {
      class: "plain",
      text: String(id),
      label: `Show session ${id}`,
      onClick: () => void this.#show(id),
    });
    show.type = "button";
    let current = first;
    const move = rowButton("Move", `Move session ${id}`, () =>
      askMove(`session ${id}`, this.#around.others(current.resource), async (to) => {
        const outcome = await this.#api.ask("POST", `v1/sessions/${id}/retarget`, { to });
        if (outcome.moved === 0) throw new Error(outcome.reasons.join("; "));
        this.#around.tellMove(outcome);
      }),
    );
    const end = rowButton("End", `End session ${id}`, () =>
      askEnd(`session ${id}`, async () => {
        await this.#api.ask("DELETE", `v1/sessions/${id}`);
        this.#around.notify(`Session ${id} has ended`);
        this.#around.changed();
      }),
    );
    const number = element("td", { class: "number" }, show);
    const actions = element("td", { class: "actions" }, move, end);
    return {
      cells: [number, ...Object.values(cells), actions],
      /** @param {SessionView} session */
      update: (session) => {
        current = session;
        setText(cells.client, clientOf(session));
        setText(cells.backend, session.resource);
        const good = session.backendState === "present";
        const word = session.backendState === "drain" ? "draining" : session.backendState;
        if (cells.state.textContent !== word) {
          cells.state.replaceChildren(badge(word, good ? "good" : "bad"));
        }
        setText(cells.moves, String(session.moves));
        setText(cells.age, duration(session.ageSeconds));
        setText(cells.idle, duration(session.idleSeconds));
      },
    };
  }

  /** @param {number} id */
  async #show(id) {
    try {
      /** @type {SessionView} */
      const session = await this.#api.ask("GET", `v1/sessions/${id}`);
      const watch = byId("detail-watch", HTMLButtonElement);
      watch.textContent = session.quality === null ? "Watch quality" : "Watch no more";
      watch.onclick = async () => {
        const method = session.quality === null ? "POST" : "DELETE";
        await this.#api.ask(method, `v1/sessions/${id}/quality`).catch((error) => {
          this.#around.notify(String(error));
        });
        this.#around.changed();
        void this.#show(id);
      };
      showDetail(`Session ${id}`, [
        ["Client", clientOf(session)],
        ["Opened by", OPENED_BY[session.origin]],
        ["Proven", session.proven ? "yes" : "no"],
        ["Backend", session.resource],
        ["Address", session.backendAddress],
        ["Ports", portsText(session.backendPorts)],
        ["Seen by it as", portsText(session.sourcePorts)],
        ["State", session.backendState],
        ["Moves", String(session.moves)],
        ["Age", duration(session.ageSeconds)],
        ["Idle", duration(session.idleSeconds)],
        ...qualityFields(session.quality),
      ]);
    } catch (error) {
      this.#around.notify(String(error));
    }
  }
}
