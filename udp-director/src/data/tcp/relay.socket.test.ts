import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { cut } from "./relay.ts";

/** Both ends of a connection over loopback, and what closes them. */
async function pair() {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const there = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  const [here] = (await once(server, "connection")) as [Socket];
  server.close();
  const errors: string[] = [];
  here.on("error", (error: NodeJS.ErrnoException) => void errors.push(`here ${error.code}`));
  there.on("error", (error: NodeJS.ErrnoException) => void errors.push(`there ${error.code}`));
  const closed = Promise.all(
    [here, there].map((socket) => new Promise((resolve) => socket.on("close", resolve))),
  );
  return { here, there, errors, closed };
}

test("a connection is cut by a reset", async () => {
  const { here, there, errors, closed } = await pair();
  here.write("part");
  await once(there, "data");
  cut(here);
  await closed;
  assert.deepEqual(errors, ["there ECONNRESET"]);
});

test("one whose rest is not sent yet is reset, so that nobody takes a part for the whole", async () => {
  const { here, there, errors, closed } = await pair();
  there.pause();
  here.end(Buffer.alloc(64 * 1024 * 1024));
  assert.ok(here.writableLength > 0);
  cut(here);
  there.resume();
  await closed;
  assert.deepEqual(errors, ["there ECONNRESET"]);
});

test("one whose end is on its way is closed after it", async () => {
  const { here, there, errors, closed } = await pair();
  here.end();
  await new Promise((resolve) => process.nextTick(resolve));
  cut(here);
  there.resume();
  there.end();
  await closed;
  assert.deepEqual(errors, []);
});

test("a process that has cut connections at any moment of their end exits", async () => {
  const program = `
    import { connect, createServer } from "node:net";
    import { cut } from ${JSON.stringify(import.meta.resolve("./relay.ts"))};
    const moments = [(f) => f(), process.nextTick, setImmediate, (f) => setTimeout(f, 20)];
    const server = createServer({ allowHalfOpen: true }, (here) => {
      here.on("error", (error) => console.log(error.code));
      here.end();
      moments.shift()(() => cut(here));
      if (moments.length === 0) server.close();
    });
    server.listen(0, "127.0.0.1", () => {
      for (const _ of moments) {
        connect(server.address().port, "127.0.0.1").resume().on("error", () => undefined);
      }
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
    timeout: 20_000,
    killSignal: "SIGKILL",
  });
  const [printed, [code, signal]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  assert.deepEqual({ printed, code, signal }, { printed: "", code: 0, signal: null });
});
