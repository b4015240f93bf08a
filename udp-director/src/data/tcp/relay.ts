import type { Socket } from "node:net";

/**
 * Hands bytes on from one socket to another until the first one ends, and then its end. A slow
 * reader slows the writer down: no more than the two sockets' buffers (64 KiB each) is held.
 * `moved` hears of every piece. Failures of either socket are the caller's.
 */
export function relay(from: Socket, to: Socket, moved: (bytes: number) => void): void {
  from.on("data", (piece: Buffer) => {
    moved(piece.length);
    if (!to.write(piece)) from.pause();
  });
  to.on("drain", () => from.resume());
  from.on("end", () => to.end());
  from.resume();
}

/**
 * Ends a connection so that nobody takes what came so far for everything: with a reset. One that
 * is not established yet is given up. One whose end is on its way is closed: everything has been
 * sent then, and libuv refuses to reset it (EINVAL), which leaves Node a handle that is never
 * closed, and on which its exit waits forever.
 */
export function cut(socket: Socket): void {
  if (socket.connecting || ending(socket)) socket.destroy();
  else if (!socket.destroyed) socket.resetAndDestroy();
}

/** All is written, and the kernel has not said yet that the end is sent. */
function ending({ writableEnded, writableFinished, writableLength }: Socket): boolean {
  return writableEnded && !writableFinished && writableLength === 0;
}
