import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Framing, MAX_REQUEST_BYTES, RequestFramer } from "./framing.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const feed = (text: string, maxBytes?: number): Framing =>
  new RequestFramer(maxBytes).push(bytes(text));
const bodyOf = (framing: Framing) =>
  framing.kind === "complete" ? new TextDecoder().decode(framing.body) : framing;

test("one object is complete at its closing bracket, white space around it is tolerated", () => {
  assert.equal(bodyOf(feed('{"a":{"b":[1,"}"]}}')), '{"a":{"b":[1,"}"]}}');
  assert.equal(bodyOf(feed(' \r\n\t{"a":1}\n')), ' \r\n\t{"a":1}');
  assert.equal(bodyOf(feed('{"a":"\\"}"}')), '{"a":"\\"}"}');
});

test("any split over segments gives the same request", () => {
  const anyObject = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(anyObject, fc.array(fc.nat({ max: 7 })), (value, cuts) => {
      const whole = bytes(JSON.stringify(value));
      const framer = new RequestFramer();
      let at = 0;
      for (const cut of cuts) {
        if (at + cut >= whole.length) break;
        assert.equal(framer.push(whole.subarray(at, at + cut)).kind, "more");
        at += cut;
      }
      const last = framer.push(whole.subarray(at));
      assert.equal(last.kind, "complete");
      if (last.kind === "complete") assert.deepEqual(last.body, whole);
    }),
  );
});

test("what is no object, or more than one, is refused at once", () => {
  for (const text of ["GET / HTTP/1.1", "[1]", "12", '"x"', "\0"]) {
    assert.deepEqual(feed(text), { kind: "error", error: "Invalid JSON: expected an object" });
  }
  assert.deepEqual(feed("{} {}"), {
    kind: "error",
    error: "Invalid JSON: trailing characters after the object",
  });
});

test("an early end is empty or incomplete", () => {
  const framer = new RequestFramer();
  assert.deepEqual(framer.end(), { kind: "empty" });
  framer.push(bytes('{"a":'));
  assert.deepEqual(framer.end(), { kind: "error", error: "Incomplete JSON request" });
});

test("the cap is exact, in one segment or in many", () => {
  const filler = (size: number) => `{"a":"${"x".repeat(size - 8)}"}`;
  assert.equal(feed(filler(MAX_REQUEST_BYTES)).kind, "complete");
  const tooLarge = { kind: "error", error: "Query exceeds 65536 bytes" };
  assert.deepEqual(feed(filler(MAX_REQUEST_BYTES + 1)), tooLarge);
  const framer = new RequestFramer(10);
  assert.equal(framer.push(bytes('{"a":"')).kind, "more");
  assert.equal(framer.push(bytes("1234")).kind, "more");
  assert.equal(framer.push(bytes('"')).kind, "error");
});

test("random bytes in random segments never throw", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), (segments) => {
      const framer = new RequestFramer(128);
      for (const segment of segments) if (framer.push(segment).kind !== "more") return;
      framer.end();
    }),
  );
});
