import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { crc32Of } from "./crc32.ts";

test("of any part of any bytes it is what zlib says", () => {
  assert.equal(crc32Of(Buffer.from("123456789"), 0, 9), 0xcbf43926, "the check value of CRC-32");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), fc.nat(300), (bytes, a, b) => {
      const [start, end] = [Math.min(a, b, bytes.length), Math.min(Math.max(a, b), bytes.length)];
      assert.equal(crc32Of(bytes, start, end), crc32(bytes.subarray(start, end)));
    }),
  );
});
