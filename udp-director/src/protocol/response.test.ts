import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeResponse, encodeError, encodeGrant } from "./response.ts";

const token = "550e8400-e29b-41d4-a716-446655440000";

test("a single-port grant is compact JSON with the token first", () => {
  const text = encodeGrant({ token, ttlSeconds: 30, directorPorts: { default: 7777 } });
  assert.equal(text, `{"token":"${token}","ttl":30,"directorPorts":{"default":7777}}`);
});

test("a multi-port grant carries the backend's address and ports", () => {
  const text = encodeGrant({
    token,
    ttlSeconds: 30,
    directorPorts: { game: 7777 },
    leaseSeconds: 60,
    backend: { address: "10.0.0.1", ports: { game: 5000 } },
  });
  assert.equal(
    text,
    `{"token":"${token}","address":"10.0.0.1","ports":{"game":5000},"ttl":30,"directorPorts":{"game":7777},"leaseSeconds":60}`,
  );
  assert.deepEqual(decodeResponse(text), {
    ok: true,
    token,
    ttlSeconds: 30,
    address: "10.0.0.1",
    ports: { game: 5000 },
    directorPorts: { game: 7777 },
    leaseSeconds: 60,
  });
});

test("a published answer without the additions is read too", () => {
  assert.deepEqual(decodeResponse(`{"token":"${token}"}`), {
    ok: true,
    token,
    ttlSeconds: undefined,
    address: undefined,
    ports: undefined,
    directorPorts: undefined,
    leaseSeconds: undefined,
  });
});

test("errors survive the round trip, whatever they quote", () => {
  fc.assert(
    fc.property(fc.string(), (message) => {
      assert.deepEqual(decodeResponse(encodeError(message)), { ok: false, error: message });
    }),
  );
});

test("truncated and random answers are errors, not exceptions", () => {
  const whole = `{"token":"${token}"}`;
  for (let length = 0; length < whole.length; length++) {
    assert.equal(decodeResponse(whole.slice(0, length)).ok, false);
  }
  fc.assert(fc.property(fc.jsonValue(), (value) => void decodeResponse(JSON.stringify(value))));
  fc.assert(fc.property(fc.string(), (text) => void decodeResponse(text)));
});
