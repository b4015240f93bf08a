/** @typedef {import("../events/event-schemas.ts").DirectorEvent} DirectorEvent */

/**
 * Splits a stream of Server-Sent Events (HTML standard, section 9.2) as the admin API sends it:
 * one `data` line an event, `\n` line ends. The browser's EventSource cannot carry a bearer token.
 */
export class EventParser {
  #rest = "";
  /** Of the last event; what `Last-Event-ID` says when the stream is opened again. */
  lastId = "";

  /**
   * Events that are complete now.
   * @param {string} text
   * @returns {DirectorEvent[]}
   */
  push(text) {
    const blocks = (this.#rest + text).split("\n\n");
    this.#rest = blocks.pop() ?? "";
    const events = [];
    for (const block of blocks) {
      for (const line of block.split("\n")) {
        if (line.startsWith("id: ")) this.lastId = line.slice(4);
        if (line.startsWith("data: ")) events.push(JSON.parse(line.slice(6)));
      }
    }
    return events;
  }

  /** Forgets what was cut off in the middle; to be called before a stream is opened again. */
  restart() {
    this.#rest = "";
  }
}

/**
 * Reads one stream to its end.
 * @param {ReadableStream<Uint8Array>} body
 * @param {EventParser} parser
 * @param {(events: DirectorEvent[]) => void} onEvents
 */
export async function readEvents(body, parser, onEvents) {
  parser.restart();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = parser.push(decoder.decode(value, { stream: true }));
    if (events.length > 0) onEvents(events);
  }
}
