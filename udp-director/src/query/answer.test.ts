import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Extraction } from "../selection/extract.ts";
import { bytes, GAME, makeTable, target, tokenNumber } from "../sessions/testing.ts";
import { type AnswerDependencies, answerRequest } from "./answer.ts";

const A = target("10.0.0.1");

function setting(
  selected: Extraction = { ok: true, target: A, multiPort: false },
  recall?: AnswerDependencies["recall"],
) {
  const { table, recorder } = makeTable();
  const answer = (request: unknown) =>
    answerRequest(new TextEncoder().encode(JSON.stringify(request)), "192.0.2.1", {
      sessions: table,
      selector: { select: () => selected },
      now: () => 0,
      newToken: () => tokenNumber(1),
      tokenTtlSeconds: 30,
      directorPorts: () => ({ game: 7777 }),
      recall,
    });
  const ask = (request: unknown) => {
    const now = answer(request);
    assert.ok(!(now instanceof Promise), "answered at once");
    return now;
  };
  return { table, recorder, ask, answer };
}

const query = { resourceType: "game", namespace: "games" };

test("a query stores its token and grants it", () => {
  const { table, ask } = setting();
  assert.deepEqual(ask(query), {
    ok: true,
    text: `{"token":"${tokenNumber(1)}","ttl":30,"directorPorts":{"game":7777}}`,
  });
  assert.equal(table.tokens, 1);
});

test("a multi-port grant names the backend", () => {
  const { ask } = setting({ ok: true, target: A, multiPort: true });
  assert.equal(
    ask(query).text,
    `{"token":"${tokenNumber(1)}","address":"10.0.0.1","ports":{"game":5000,"voice":6000},"ttl":30,"directorPorts":{"game":7777}}`,
  );
});

test("a refusal of selection and a bad request are errors", () => {
  const { table, ask } = setting({ ok: false, error: "No matching resources found" });
  assert.deepEqual(ask(query), { ok: false, text: '{"error":"No matching resources found"}' });
  assert.deepEqual(ask({ namespace: "games" }), {
    ok: false,
    text: '{"error":"Invalid JSON: missing field `resourceType`"}',
  });
  assert.equal(table.tokens, 0);
});

test("sessionReset tells what is missing", () => {
  const { ask } = setting();
  ask(query);
  const reset = { type: "sessionReset", token: tokenNumber(1) };
  assert.equal(ask(reset).text, '{"error":"No session for 192.0.2.1"}');
  assert.equal(
    ask({ ...reset, clientPort: 4000 }).text,
    '{"error":"No session for 192.0.2.1 port 4000"}',
  );
  assert.equal(ask({ ...reset, token: "x" }).text, '{"error":"Invalid or expired token"}');
});

test("any bytes get a JSON answer", () => {
  const { ask } = setting();
  fc.assert(fc.property(fc.jsonValue(), (value) => void JSON.parse(ask(value).text)));
});

test("a re-target that another director knows more about waits for it, and a query does not", async () => {
  const asked: unknown[] = [];
  const { table, recorder, ask, answer } = setting(undefined, async (...question) => {
    asked.push(question);
    table.issueToken(0, tokenNumber(2), A);
    table.onDatagram(0, GAME, "192.0.2.1", 4000, bytes(tokenNumber(2)));
    table.learnToken(0, tokenNumber(7), {
      target: target("10.0.0.7"),
      expiresAt: 30,
      source: undefined,
      usedBy: undefined,
    });
    return true;
  });
  ask(query);
  const reset = { type: "sessionReset", token: tokenNumber(7), clientPort: 4000 };
  assert.equal((await answer(reset)).ok, true);
  assert.deepEqual(asked, [["192.0.2.1", 4000, tokenNumber(7)]]);
  assert.equal(table.sessionOf("192.0.2.1", 4000)?.target.address, "10.0.0.7");
  assert.deepEqual(
    recorder.take().filter((line) => line === "miss"),
    [],
  );
});

test("while other directors cannot be asked, a token is neither good nor wrong", async () => {
  const { recorder, answer } = setting(undefined, async () => false);
  const reset = { type: "sessionReset", token: tokenNumber(7) };
  assert.equal((await answer(reset)).text, '{"error":"Session store cannot be asked"}');
  assert.deepEqual(recorder.take(), []);
});
