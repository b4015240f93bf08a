/** Figures as people read them. Pure: the page and `udp-director top` share it. */

/** @typedef {import("../control-schemas.ts").Summary} Summary */
/** @typedef {import("../events/event-schemas.ts").DirectorEvent} DirectorEvent */

/**
 * `1234567` as `1.23M`; three digits are enough for a rate.
 * @param {number} value
 */
export function short(value) {
  for (const [unit, size] of /** @type {const} */ ([
    ["G", 1e9],
    ["M", 1e6],
    ["k", 1e3],
  ])) {
    if (value >= size) return `${(value / size).toPrecision(3)}${unit}`;
  }
  return value < 10 && value > 0 ? value.toFixed(1) : value.toFixed(0);
}

/**
 * A count of things: as `short`, but never a fraction.
 * @param {number} value
 */
export const count = (value) => (value < 1000 ? String(value) : short(value));

/**
 * `75` as `1.3m`.
 * @param {number} seconds
 */
export function duration(seconds) {
  if (seconds < 60) return `${seconds.toFixed(1)}s`;
  if (seconds < 3600) return `${(seconds / 60).toFixed(1)}m`;
  return seconds < 86_400 ? `${(seconds / 3600).toFixed(1)}h` : `${(seconds / 86_400).toFixed(1)}d`;
}

/**
 * A share as `1.2 %`; `-` where it is not known.
 * @param {number | null} share
 */
export const percent = (share) => (share === null ? "-" : `${(share * 100).toFixed(1)} %`);

/**
 * A time as `4.2 ms`; `-` where it is not known.
 * @param {number | null} ms
 */
export const milliseconds = (ms) => (ms === null ? "-" : `${ms.toFixed(1)} ms`);

/**
 * What changes a second between two looks. A director that was restarted in between has no
 * negative rates.
 * @param {Summary} before
 * @param {Summary} after
 * @returns {(of: (summary: Summary) => number) => number}
 */
export function perSecond(before, after) {
  const seconds = Math.max(0.001, after.uptimeSeconds - before.uptimeSeconds);
  return (of) => Math.max(0, of(after) - of(before)) / seconds;
}

/**
 * What a word for a backend's state means for its sessions.
 * @param {"present" | "gone" | "drain"} state
 * @param {number} sessions
 */
export function backendState(state, sessions) {
  if (state === "present") return "present";
  const word = state === "gone" ? "gone" : "draining";
  return sessions > 0 ? `${word}, ${sessions} stranded` : word;
}

/**
 * An event in words, without its time and kind.
 * @param {DirectorEvent} event
 */
export function eventText(event) {
  switch (event.kind) {
    case "session_opened":
      return `${event.session}: ${event.client} to ${event.backend} (${event.origin})`;
    case "session_moved":
      return `${event.session}: ${event.client} to ${event.backend} (${event.cause})`;
    case "session_resumed":
      return `${event.session}: ${event.client}, ${event.previous} before`;
    case "session_ended":
      return `${event.session}: ${event.client} at ${event.backend} (${event.reason}) after ${duration(event.seconds)}`;
    case "capture_started":
      return `${event.session}: ${event.client} at ${event.backend}, for ${event.by}`;
    case "capture_ended":
      return `${event.session}: ${event.packets} packets (${event.reason})`;
    case "source_banned":
      return `${event.source} for ${duration(event.seconds)}`;
    case "ban_lifted":
      return event.source;
    case "backend_draining":
      return `${event.backend} (${event.reason})`;
    case "backend_added":
    case "backend_removed":
      return event.backend;
    case "events_missed":
      return event.count === null ? "the director was restarted" : `${event.count} events`;
    default:
      return "";
  }
}
