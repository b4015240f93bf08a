import assert from "node:assert/strict";
import { test } from "node:test";
import { testConfig, testDirector, useDgram } from "../testing/director.ts";

/**
 * The data path's tests once more, with sockets of node:dgram. In their own files they run on
 * native threads, which is what a director uses where a machine has a C compiler.
 */
useDgram();

test("these tests run without native threads", async (t) => {
  const director = await testDirector(t, testConfig([]));
  assert.equal(await director.metric("udp_director_native_path"), 0);
});

for (const file of [
  "./userspace",
  "./ip-versions",
  "./resume",
  "./ack",
  "./challenge",
  "./port-ranges",
  "./proxy-protocol",
  "../protection/protection",
  "../retarget/rehome",
  "../admin/capture",
  "../admin/quality",
]) {
  await import(`${file}.socket.test.ts`);
}
