import assert from "node:assert/strict";
import { test } from "node:test";
import { retryDelayMs } from "./index.ts";

const CALL =
  'Internal error occurred: failed calling webhook "ipaddresspoolvalidationwebhook.metallb.io": failed to call webhook: Post "https://metallb-webhook-service.metallb-system.svc:443/validate-metallb-io-v1beta1-ipaddresspool?timeout=10s"';
const RACES = [
  `${CALL}: dial tcp 10.96.12.7:443: connect: connection refused`,
  `${CALL}: tls: failed to verify certificate: x509: certificate signed by unknown authority`,
  `${CALL}: no endpoints available for service "metallb-webhook-service"`,
  `${CALL}: context deadline exceeded`,
];

test("a webhook that cannot be asked yet is asked again, later and later", () => {
  for (const race of RACES) {
    assert.equal(retryDelayMs([race]), 500, race);
  }
  const [race = ""] = RACES;
  const delays = [1, 2, 3, 4, 5, 6, 20].map((n) => retryDelayMs(Array(n).fill(race)));
  assert.deepEqual(delays, [500, 1000, 2000, 4000, 5000, 5000, 5000]);
});

test("a webhook that stays away is an error after about two minutes", () => {
  let total = 0;
  for (let n = 1; ; n++) {
    const delay = retryDelayMs(Array(n).fill(RACES[0]));
    if (delay === undefined) {
      break;
    }
    total += delay;
  }
  assert.ok(total > 100_000 && total < 150_000, `${total} ms`);
});

test("a definition that the API server has not learnt yet is waited for, but not as long", () => {
  const missing = 'no matches for kind "IPAddressPool" in version "metallb.io/v1beta1"';
  assert.equal(retryDelayMs([missing]), 500);
  assert.equal(retryDelayMs(Array(3).fill(missing)), undefined);
});

test("what the webhook itself refuses, and anything else, is an error at once", () => {
  for (const error of [
    'admission webhook "ipaddresspoolvalidationwebhook.metallb.io" denied the request: CIDR "10.0.0.0/24" in pool "b" overlaps with already defined CIDR "10.0.0.0/24"',
    "pods is forbidden",
    "",
  ]) {
    assert.equal(retryDelayMs([error]), undefined, error);
  }
  assert.equal(retryDelayMs([]), undefined);
});
