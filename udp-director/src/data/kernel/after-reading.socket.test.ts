import assert from "node:assert/strict";
import { test } from "node:test";
import { bindUdp, udpSocket } from "../udp-socket.ts";
import { afterReading } from "./after-reading.ts";

/** Keeps the process from looking at timers and sockets. */
function busy(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

test("what arrived while the process was busy is read first", async () => {
  const socket = udpSocket("127.0.0.1");
  await bindUdp(socket, "127.0.0.1", 0, "test");
  const got: string[] = [];
  socket.on("message", (payload) => got.push(String(payload)));
  const sent = Promise.withResolvers<void>();
  socket.send("answer", socket.address().port, "127.0.0.1", () => sent.resolve());
  const closed = Promise.withResolvers<void>();
  afterReading(20, () => socket.close(() => closed.resolve()));
  busy(60);
  await Promise.all([sent.promise, closed.promise]);
  assert.deepEqual(got, ["answer"]);
});
