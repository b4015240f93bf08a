import assert from "node:assert/strict";
import { test } from "node:test";
import { makeTarget } from "../sessions/target.ts";
import { continues } from "./continues.ts";

const FOUND = {
  client: { address: "fd00::1", port: 4000 },
  backend: { address: "fd00::9", port: 9001 },
};
const SESSION = {
  clientAddress: "fd00::1",
  clientPort: 4000,
  target: makeTarget("fd00:0:0::9", [["game", 9001]], "echo/lab/a"),
  closed: false,
};

test("a session goes on where its packets go where it leads, however its backend is written", () => {
  assert.equal(continues(FOUND, SESSION, "game"), true);
});

test("it does not for another client, backend or port, with its client in every packet, or when it has ended", () => {
  const leads = (...to: Parameters<typeof makeTarget>) => ({ target: makeTarget(...to) });
  for (const other of [
    { clientPort: 4001 },
    { clientAddress: "fd00::2" },
    { closed: true },
    leads("fd00::8", [["game", 9001]], "b"),
    leads("fd00::9", [["game", 9002]], "b"),
    leads("fd00::9", [["voice", 9001]], "b"),
    leads("fd00::9", [["game", 9001]], "b", "every"),
  ]) {
    assert.equal(continues(FOUND, { ...SESSION, ...other }, "game"), false, JSON.stringify(other));
  }
  const first = leads("fd00::9", [["game", 9001]], "b", "first");
  assert.equal(continues(FOUND, { ...SESSION, ...first }, "game"), true);
});
