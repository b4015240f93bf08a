import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DEFAULT_MAGIC_HEX, parseMagic } from "./control-packet.ts";
import { encodePrelude, type Prelude, PreludeReader } from "./tcp-prelude.ts";

const MAGIC = parseMagic(DEFAULT_MAGIC_HEX);
const TOKEN = "550e8400-e29b-41d4-a716-446655440000";
const bytes = (text: string) => Buffer.from(text, "latin1");
const hello = (token: string, rest: string) => Buffer.concat([MAGIC, bytes(`${token}\n${rest}`)]);

/** Reads a stream cut into pieces, until there is an answer; further pieces are the backend's. */
function read(stream: Uint8Array, cuts: readonly number[] = []): Prelude {
  const reader = new PreludeReader(MAGIC);
  let from = 0;
  for (const to of [...cuts, stream.length].sort((a, b) => a - b)) {
    if (to <= from && stream.length > 0) continue;
    const found = reader.push(stream.subarray(from, to));
    from = to;
    if (found.kind === "incomplete") continue;
    if (!("rest" in found)) return found;
    return { ...found, rest: Buffer.concat([found.rest, stream.subarray(from)]) };
  }
  const end = reader.end();
  return "rest" in end ? { ...end, rest: Buffer.from(end.rest) } : end;
}

const pieces = fc.array(fc.nat({ max: 80 }), { maxLength: 6 });

test("a token after the magic is read and cut off, in pieces of any size", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii" }), pieces, (rest, cuts) => {
      const stream = hello(TOKEN, rest);
      const inside = cuts.map((cut) => Math.min(cut, stream.length));
      assert.deepEqual(read(stream, inside), {
        kind: "token",
        token: TOKEN,
        rest: bytes(rest),
      });
    }),
  );
});

test("whatever does not begin with the magic is data, to the byte, in pieces of any size", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), pieces, (stream, cuts) => {
      fc.pre(!MAGIC.every((byte, at) => stream[at] === byte));
      const found = read(
        stream,
        cuts.map((cut) => Math.min(cut, stream.length)),
      );
      assert.ok(found.kind === "none");
      assert.deepEqual(Buffer.from(found.rest), Buffer.from(stream));
    }),
    { numRuns: 2000 },
  );
});

test("part of the magic is data when no more comes; the whole of it is not", () => {
  const part = MAGIC.subarray(0, 5);
  assert.deepEqual(new PreludeReader(MAGIC).push(part), { kind: "incomplete", certain: false });
  assert.deepEqual(read(part), { kind: "none", rest: Buffer.from(part) });
  assert.deepEqual(new PreludeReader(MAGIC).push(MAGIC), { kind: "incomplete", certain: true });
  assert.deepEqual(read(MAGIC), { kind: "malformed" });
});

test("a sealed token may be as long as it gets, and no line is waited for longer", () => {
  const sealed = `udp1.k.${"A".repeat(441)}`;
  assert.equal(sealed.length, 448);
  assert.deepEqual(read(hello(sealed, "x")), { kind: "token", token: sealed, rest: bytes("x") });
  assert.deepEqual(read(Buffer.concat([MAGIC, bytes("A".repeat(449))])), { kind: "malformed" });
});

test("a line that is no token is malformed; a CR before the LF is ignored", () => {
  for (const line of ["", "x", TOKEN.slice(1), `${TOKEN} `]) {
    assert.deepEqual(read(hello(line, "rest")), { kind: "malformed" }, line);
  }
  assert.equal(read(hello(`${TOKEN}\r`, "")).kind, "token");
});

test("what is encoded is read, and only tokens can be encoded", () => {
  const magic = parseMagic(DEFAULT_MAGIC_HEX);
  const token = "550e8400-e29b-41d4-a716-446655440000";
  const read = new PreludeReader(magic).push(encodePrelude(magic, token));
  assert.deepEqual(read, { kind: "token", token, rest: new Uint8Array() });
  assert.throws(() => encodePrelude(magic, "no token"), /not a token/);
});
