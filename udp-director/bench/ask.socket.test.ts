import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import type { Asked } from "./site.ts";

const run = promisify(execFile);
const compiler = ["/usr/bin/cc", "/usr/local/bin/cc"].some((file) => existsSync(file));
const options = { skip: compiler ? false : "no C compiler for the generator" };

/** Has the generator ask what `answer` answers. */
async function ask(
  t: TestContext,
  [rate, seconds]: readonly [number, number],
  answer: (socket: Socket, request: string) => void,
): Promise<Asked> {
  const folder = await mkdtemp(join(tmpdir(), "bench-ask-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const program = join(folder, "ask");
  await run("cc", ["-O2", "-o", program, join(import.meta.dirname, "ask.c")]);
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (request) => answer(socket, request.toString()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const args = ["127.0.0.1", port, rate, seconds, "first", "second"].map(String);
  return JSON.parse((await run(program, args)).stdout) as Asked;
}

const GRANT = '{"token":"a"}';

test("the requests are asked in turn, and grants, refusals and silence are told apart", {
  ...options,
}, async (t) => {
  const requests: string[] = [];
  const asked = await ask(t, [200, 0.5], (socket, request) => {
    requests.push(request);
    // Of 100, a fourth each: a refusal, an end without an answer.
    const n = requests.length % 4;
    socket.end(n === 1 ? '{"error":"no"}' : n === 2 ? "" : GRANT);
  });
  assert.deepEqual(requests.slice(0, 3), ["first", "second", "first"]);
  assert.deepEqual([requests.length, asked.answered, asked.failed], [100, 50, 50]);
  assert.ok(asked.p50 > 1 && asked.p50 <= asked.p99 && asked.p99 <= asked.p999);
});

test("a server that stops for a while makes all wait that were due meanwhile", {
  ...options,
}, async (t) => {
  let stopped = false;
  const asked = await ask(t, [1000, 0.5], (socket) => {
    // A stop of the whole process, as a collection of garbage is: nobody is accepted either.
    const until = performance.now() + (stopped ? 0 : 200);
    stopped = true;
    while (performance.now() < until);
    socket.end(GRANT);
  });
  assert.deepEqual([asked.answered, asked.failed], [500, 0]);
  // 200 of the 500 were due while it stood still, the first of them for all of that time.
  assert.ok(asked.p99 > 180_000, `${asked.p99} microseconds`);
});
