import { byId, element, setText } from "./dom.js";
import { count, perSecond, short } from "./figures.js";

/** @typedef {import("./figures.js").Summary} Summary */

/** Points of a curve: two minutes of looks two seconds apart. */
const POINTS = 60;
const SVG = "http://www.w3.org/2000/svg";

/** The last values of a figure as a curve. */
class Curve {
  /** @type {number[]} */
  #values = [];
  #line = document.createElementNS(SVG, "polyline");
  svg = document.createElementNS(SVG, "svg");

  constructor() {
    this.svg.setAttribute("viewBox", `0 0 ${POINTS - 1} 10`);
    this.svg.setAttribute("preserveAspectRatio", "none");
    this.svg.setAttribute("aria-hidden", "true");
    this.#line.setAttribute("vector-effect", "non-scaling-stroke");
    this.svg.append(this.#line);
  }

  /** @param {number} value */
  add(value) {
    this.#values = [...this.#values, value].slice(-POINTS);
    const top = Math.max(1, ...this.#values);
    const first = POINTS - this.#values.length;
    const points = this.#values.map((one, at) => `${first + at},${9.5 - (9 * one) / top}`);
    this.#line.setAttribute("points", points.join(" "));
  }
}

/**
 * @param {string} name
 * @param {{ curve?: boolean }} [with_]
 */
function tile(name, { curve: curved = false } = {}) {
  const value = element("dd", { text: "–" });
  const more = element("dd");
  const box = element("dl", { class: "tile" }, element("dt", { text: name }), value, more);
  const curve = curved ? new Curve() : undefined;
  if (curve) box.append(curve.svg);
  byId("tiles", HTMLElement).append(box);
  return {
    /**
     * @param {number} figure
     * @param {{ text?: string; more?: string; alarm?: boolean }} [with_]
     */
    show(figure, { text, more: small = "", alarm = false } = {}) {
      setText(value, text ?? count(figure));
      setText(more, small);
      box.classList.toggle("alarm", alarm);
      curve?.add(figure);
    },
  };
}

const tiles = {
  sessions: tile("Sessions", { curve: true }),
  fromClients: tile("From clients", { curve: true }),
  toClients: tile("To clients", { curve: true }),
  dropped: tile("Dropped", { curve: true }),
  stranded: tile("Stranded sessions"),
  bans: tile("Banned sources"),
};

/** @param {Summary} summary */
const allDropped = ({ totals }) =>
  Object.values(totals.dropped).reduce((sum, count) => sum + count, 0);

/**
 * @param {Summary} before
 * @param {Summary} after
 */
export function showTiles(before, after) {
  const rate = perSecond(before, after);
  const counts = `clients ${count(after.clients)}, tokens ${count(after.tokens)}`;
  tiles.sessions.show(after.sessions, { more: counts });
  const packets = rate(({ totals }) => totals.packetsReceived.client);
  tiles.fromClients.show(packets, {
    text: `${short(packets)}/s`,
    more: `${short(rate(({ totals }) => totals.bytesReceived.client * 8))} bit/s`,
  });
  const answers = rate(({ totals }) => totals.packetsSent.client);
  tiles.toClients.show(answers, {
    text: `${short(answers)}/s`,
    more: `${short(rate(({ totals }) => totals.bytesSent.client * 8))} bit/s`,
  });
  const dropped = rate(allDropped);
  tiles.dropped.show(dropped, {
    text: `${short(dropped)}/s`,
    more: `${count(allDropped(after))} in all`,
    alarm: dropped > 0,
  });
  tiles.stranded.show(after.stranded, { alarm: after.stranded > 0 });
  tiles.bans.show(after.bans);
}
