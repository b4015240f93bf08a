import { Api } from "./api.js";
import { askMove, askToken } from "./dialogs.js";
import { badge, byId, element, Rows, rowButton, setText } from "./dom.js";
import { addEvents } from "./event-list.js";
import {
  backendState,
  count,
  duration,
  milliseconds,
  percent,
  perSecond,
  short,
} from "./figures.js";
import { SessionTable } from "./session-table.js";
import { showTiles } from "./tiles.js";

/** @typedef {import("./figures.js").Summary} Summary */
/** @typedef {{ source: string; endsInSeconds: number }} Ban */

/** Between two looks. Milliseconds. */
const LOOK_MS = 2000;
/** Events lead to a look at once, but not to more than one in this time. Milliseconds. */
const SOON_MS = 400;

const api = new Api(askToken);
/** @type {Summary | undefined} */
let last;

/** @param {string} text */
function notify(text) {
  setText(byId("notice", HTMLElement), text);
  setTimeout(() => setText(byId("notice", HTMLElement), ""), 6000);
}

const cell = (class_ = "") => element("td", { class: class_ });

/** @type {Rows<Summary["backends"][number]>} */
const backends = new Rows(
  "backend-rows",
  "no-backends",
  ({ resource }) => resource,
  ({ resource }) => {
    const state = cell();
    const number = cell("number");
    const actions = cell("actions");
    const move = rowButton("Move all", `Move every session of ${resource}`, () =>
      askMove(`every session of ${resource}`, others(resource), async (to) => {
        tellMove(await api.ask("POST", "v1/retarget", { from: { resource }, to }));
      }),
    );
    actions.append(move);
    return {
      cells: [element("td", { text: resource }), state, number, actions],
      update({ state: word, sessions }) {
        const tone = word === "present" ? "good" : word === "gone" ? "bad" : "warn";
        state.replaceChildren(badge(backendState(word, sessions), tone));
        setText(number, String(sessions));
        move.disabled = sessions === 0;
      },
    };
  },
);

/** @type {Rows<{ reason: string; rate: number; all: number }>} */
const drops = new Rows(
  "drop-rows",
  "no-drops",
  ({ reason }) => reason,
  ({ reason }) => {
    const [rate, all] = [cell("number"), cell("number")];
    return {
      cells: [element("td", { text: reason }), rate, all],
      update(drop) {
        setText(rate, short(drop.rate));
        setText(all, count(drop.all));
      },
    };
  },
);

/** @type {Rows<Ban>} */
const bans = new Rows(
  "ban-rows",
  "no-bans",
  ({ source }) => source,
  ({ source }) => {
    const ends = cell("number");
    const actions = cell("actions");
    actions.append(
      rowButton("Lift", `Lift the ban of ${source}`, async () => {
        try {
          await api.ask("DELETE", `v1/bans/${encodeURIComponent(source)}`);
          notify(`${source} is banned no more`);
        } catch (error) {
          notify(String(error));
        }
        soon();
      }),
    );
    return {
      cells: [element("td", { text: source }), ends, actions],
      update: ({ endsInSeconds }) => setText(ends, duration(endsInSeconds)),
    };
  },
);

/** @type {Rows<Summary["quality"]["worst"][number]>} */
const quality = new Rows(
  "quality-rows",
  "no-quality",
  ({ session }) => String(session),
  ({ session, client }) => {
    const [loss, jitter, trip] = [cell("number"), cell("number"), cell("number")];
    return {
      cells: [element("td", { text: `${session}: ${client}` }), loss, jitter, trip],
      update(figures) {
        setText(loss, percent(figures.lossRatio));
        setText(jitter, milliseconds(figures.jitterMs));
        setText(trip, milliseconds(figures.roundTripMs));
      },
    };
  },
);

/**
 * Backends to move to.
 * @param {string} from
 */
function others(from) {
  return (last?.backends ?? [])
    .filter(({ resource, state }) => resource !== from && state === "present")
    .map(({ resource }) => resource);
}

/** @param {{ matched: number; moved: number; reasons: string[] }} outcome */
function tellMove({ matched, moved, reasons }) {
  const why = reasons.length > 0 ? `: ${reasons.join("; ")}` : "";
  notify(`Moved ${moved} of ${matched}${why}`);
  soon();
}

const sessions = new SessionTable(api, { others, tellMove, notify, changed: soon });

async function look() {
  /** @type {[Summary, { bans: Ban[] }, void]} */
  const [summary, banned] = await Promise.all([
    api.ask("GET", "v1/summary"),
    api.ask("GET", "v1/bans"),
    sessions.refresh(),
  ]);
  const before = last ?? summary;
  // The first look has no rates to show.
  if (last !== undefined) showTiles(before, summary);
  else soon();
  last = summary;
  setText(byId("uptime", HTMLElement), `up ${duration(summary.uptimeSeconds)}`);
  backends.show(summary.backends);
  const rate = perSecond(before, summary);
  const dropped = Object.entries(summary.totals.dropped).map(([reason, all]) => ({
    reason,
    all,
    rate: rate(({ totals }) => totals.dropped[reason] ?? 0),
  }));
  drops.show(dropped.sort((a, b) => b.rate - a.rate || b.all - a.all));
  bans.show(banned.bans);
  byId("quality", HTMLElement).hidden = summary.quality.watched === 0;
  quality.show(summary.quality.worst);
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let due = 0;
/** True while a look is under way; an event during it leads to one more. */
let looking = false;

/** @param {number} ms */
function plan(ms) {
  const at = performance.now() + ms;
  if (timer !== undefined && due <= at) return;
  clearTimeout(timer);
  due = at;
  timer = setTimeout(run, ms);
}

function soon() {
  plan(SOON_MS);
}

async function run() {
  timer = undefined;
  if (looking) return plan(SOON_MS);
  looking = true;
  // A tab that nobody sees asks for nothing.
  if (!document.hidden) await look().catch(() => undefined);
  looking = false;
  plan(LOOK_MS);
}

document.addEventListener("visibilitychange", soon);
void run();
void api.follow(
  (events) => {
    addEvents(events);
    soon();
  },
  (live) => {
    const state = byId("state", HTMLElement);
    state.className = live ? "badge good" : "badge bad";
    setText(state, live ? "live" : "no connection");
    if (live) soon();
  },
);
