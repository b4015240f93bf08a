/**
 * Calls after a time, in milliseconds, and not before sockets have been read once more. In a
 * process that was busy for that long, timers come first, and what has arrived still waits.
 */
export function afterReading(milliseconds: number, then: () => void): void {
  // Timers, then sockets, then immediates: one turn of libuv's event loop.
  setTimeout(() => setImmediate(then), milliseconds);
}
