import { badge, byId, element, setText } from "./dom.js";
import { eventText } from "./figures.js";

/** @typedef {import("./figures.js").DirectorEvent} DirectorEvent */

/** Events that the page keeps; a flood of sessions must not fill the browser. */
const KEPT = 300;

/** @type {Readonly<Record<string, string>>} */
const TONES = {
  session_opened: "good",
  backend_added: "good",
  store_back: "good",
  session_moved: "warn",
  backend_draining: "warn",
  events_missed: "warn",
  source_banned: "bad",
  backend_removed: "bad",
  store_lost: "bad",
};

const list = byId("events", HTMLOListElement);
const filter = byId("event-filter", HTMLSelectElement);
const pause = byId("pause", HTMLButtonElement);

/** Newest first. @type {DirectorEvent[]} */
let kept = [];
let drawing = false;

const paused = () => pause.getAttribute("aria-pressed") === "true";

/** @param {DirectorEvent} event */
function line(event) {
  const time = element("time", { text: new Date(event.at).toTimeString().slice(0, 8) });
  time.dateTime = event.at;
  const kind = badge(event.kind.replace("_", " "), TONES[event.kind]);
  return element("li", {}, time, kind, element("span", { text: eventText(event) }));
}

function draw() {
  drawing = false;
  list.replaceChildren(...kept.filter(({ kind }) => kind.includes(filter.value)).map(line));
}

/** Draws at most once a frame, and not at all while paused. */
function redraw() {
  if (drawing || paused()) return;
  drawing = true;
  requestAnimationFrame(draw);
}

filter.addEventListener("change", draw);
pause.addEventListener("click", () => {
  pause.setAttribute("aria-pressed", String(!paused()));
  setText(pause, paused() ? "Go on" : "Pause");
  redraw();
});

/** @param {readonly DirectorEvent[]} events in order */
export function addEvents(events) {
  kept = [...[...events].reverse(), ...kept].slice(0, KEPT);
  redraw();
}
