import assert from "node:assert/strict";
import { test } from "node:test";
import { readEndpoint } from "./reference.ts";

const ports = [{ name: "voice", port: 8000, protocol: "UDP" }];

test("an endpoint of another stack is taken as it is", () => {
  for (const endpoint of [
    { addresses: ["203.0.113.7"], ports },
    { addresses: [], hostname: "nlb.example.com", ports: [] },
  ]) {
    assert.equal(readEndpoint("endpoint", endpoint), endpoint);
  }
});

test("what is missing or no endpoint is refused by the output's name", () => {
  assert.throws(() => readEndpoint("endpoints.relay", undefined), /endpoints\.relay: is no output/);
  for (const wrong of [
    "203.0.113.7",
    { addresses: "203.0.113.7", ports },
    { addresses: [7], ports },
    { addresses: [], ports: [{ name: "voice", port: "8000", protocol: "UDP" }] },
    { addresses: [], hostname: 7, ports: [] },
    { addresses: [], ports: [null] },
  ]) {
    assert.throws(() => readEndpoint("endpoint", wrong), /endpoint: is no endpoint/);
  }
});
