import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytes, GAME, makeTable, reset, target, tokenNumber } from "../sessions/testing.ts";
import { HEADER_BYTES } from "./reply-credit.ts";

const A = target("10.0.0.1");
const CLIENT = ["192.0.2.1", 4000] as const;

/** A session to the default endpoint, and ways to send in both directions. */
function setting(proof: "reply" | "token") {
  const { table, recorder, defaults } = makeTable({ unproven: { replyFactor: 3, proof } });
  defaults.target = A;
  const up = (size: number) => {
    table.onDatagram(0, GAME, ...CLIENT, Buffer.alloc(size));
    return recorder.take();
  };
  const down = (size: number) => {
    const from = recorder.upstreams.at(-1);
    assert.ok(from);
    table.onBackendDatagram(0, from.session, 0, "game", Buffer.alloc(size));
    return !recorder.take().includes("drop reply_capped server");
  };
  return { table, recorder, up, down, session: () => [...table.sessions()][0] };
}

test("an unproven client gets back at most three times what it sent, headers counted", () => {
  const { up, down, session } = setting("reply");
  up(100);
  assert.equal(down(3 * (100 + HEADER_BYTES) - HEADER_BYTES + 1), false);
  assert.equal(session()?.proven, false);
  assert.equal(down(3 * (100 + HEADER_BYTES) - HEADER_BYTES), true);
  assert.equal(down(0), false);
});

test("a packet after a reply proves the client, one after a held-back reply does not", () => {
  const { up, down, session } = setting("reply");
  up(10);
  assert.equal(down(60_000), false);
  up(10);
  assert.equal(session()?.proven, false);
  assert.equal(down(10), true);
  up(10);
  assert.equal(session()?.proven, true);
  assert.equal(down(60_000), true);
});

test("with proof token, only a valid token proves", () => {
  const { table, up, down, session } = setting("token");
  up(10);
  assert.equal(down(10), true);
  up(10);
  assert.equal(session()?.proven, false);
  table.onDatagram(0, GAME, ...CLIENT, reset(tokenNumber(9)));
  assert.equal(session()?.proven, false);
  table.issueToken(0, tokenNumber(1), A);
  table.onDatagram(0, GAME, ...CLIENT, reset(tokenNumber(1)));
  assert.equal(session()?.proven, true);
  assert.equal(down(60_000), true);
});

test("a client with a token is proven from the start; a move by the operator proves nothing", () => {
  const { table, up, session } = setting("reply");
  table.issueToken(0, tokenNumber(1), A);
  table.onDatagram(0, GAME, "192.0.2.9", 1, bytes(tokenNumber(1)));
  assert.equal(session()?.proven, true);
  up(1);
  const second = [...table.sessions()][1];
  assert.ok(second);
  assert.equal(table.move(0, second.id, target("10.0.0.2"), "operator"), true);
  assert.equal(second.proven, false);
});

test("held-back replies keep no session alive", () => {
  const { table, recorder, up } = setting("reply");
  up(0);
  const from = recorder.upstreams.at(-1);
  assert.ok(from);
  table.onBackendDatagram(299, from.session, 0, "game", Buffer.alloc(1000));
  table.tick(300);
  assert.equal(table.size, 0);
});

const exchangeSteps = fc.array(fc.record({ up: fc.boolean(), size: fc.nat({ max: 1500 }) }), {
  maxLength: 60,
});

test("whatever the order of packets, a forged source is sent at most three times its bytes", () => {
  fc.assert(
    fc.property(exchangeSteps, (steps) => {
      const { up, down } = setting("token");
      let received = HEADER_BYTES;
      let sent = 0;
      up(0);
      for (const { up: toBackend, size } of steps) {
        if (toBackend) {
          up(size);
          received += HEADER_BYTES + size;
        } else {
          const allowed = sent + HEADER_BYTES + size <= 3 * received;
          assert.equal(down(size), allowed);
          if (allowed) sent += HEADER_BYTES + size;
        }
        assert.ok(sent <= 3 * received);
      }
    }),
  );
});
