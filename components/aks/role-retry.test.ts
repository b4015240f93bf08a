import assert from "node:assert/strict";
import { test } from "node:test";
import { roleDelayMs } from "./index.ts";

const DENIED =
  'Code="LinkedAuthorizationFailed" Message="The identity does not have permission to perform action \'Microsoft.Network/virtualNetworks/subnets/join/action\'"';

test("a role that is taking effect is waited for, later and later, for some eleven minutes", () => {
  const delays: number[] = [];
  for (let delay = roleDelayMs([DENIED]); delay !== undefined; ) {
    delays.push(delay);
    delay = roleDelayMs(Array(delays.length + 1).fill(DENIED));
  }
  assert.deepEqual(delays.slice(0, 7), [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  const total = delays.reduce((sum, delay) => sum + delay, 0);
  assert.ok(total > 600_000 && total < 700_000, `${total} ms`);
});

test("what waiting does not heal is an error at once", () => {
  for (const error of ['Code="PropertyChangeNotAllowed"', 'Code="AuthorizationFailed"', ""]) {
    assert.equal(roleDelayMs([error]), undefined, error);
  }
  assert.equal(roleDelayMs([]), undefined);
});
