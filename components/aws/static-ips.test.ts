import assert from "node:assert/strict";
import { test } from "node:test";
import { clouds } from "../testing/clouds.ts";
import { resolved, run } from "../testing/mocks.ts";
import { refused } from "../testing/refused.ts";
import { AwsStaticIps } from "./index.ts";

test("addresses are allocated in the VPC's pool, tagged, and protected", async () => {
  const { result, resources } = await run(
    () => new AwsStaticIps("audio", { count: 2, tags: { team: "voice" } }),
    clouds,
  );
  const eips = resources.filter(({ type }) => type === "aws:ec2/eip:Eip");
  assert.deepEqual(
    eips.map(({ name, inputs, protect }) => ({ name, inputs, protect })),
    [1, 2].map((n) => ({
      name: `audio-ip-${n}`,
      inputs: { domain: "vpc", tags: { team: "voice", Name: `audio-${n}` } },
      protect: true,
    })),
  );
  assert.deepEqual(await resolved(result.addresses), [
    { allocationId: "eipalloc-audio-ip-1", ipAddress: "198.51.100.1" },
    { allocationId: "eipalloc-audio-ip-2", ipAddress: "198.51.100.2" },
  ]);
});

test("protection can be lifted; a count outside 1..20 is refused", async () => {
  const { one } = await run(() => new AwsStaticIps("audio", {}, { protect: false }), clouds);
  assert.equal(one("Eip").protect, false);
  for (const count of [0, 21, 1.5]) {
    await refused(
      () => run(() => new AwsStaticIps("audio", { count }), clouds),
      "count",
      /1 to 20/,
    );
  }
});
