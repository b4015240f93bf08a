import assert from "node:assert/strict";
import { test } from "node:test";
import { InputPropertyError } from "@pulumi/pulumi";
import fc from "fast-check";
import { controlPlanePrincipal, networkContributorId, roleAssignmentName } from "./role.ts";

test("the control plane's identity is found for either kind of identity", () => {
  assert.equal(controlPlanePrincipal({ type: "SystemAssigned", principalId: "a" }), "a");
  assert.equal(
    controlPlanePrincipal({
      type: "UserAssigned",
      principalId: "",
      userAssignedIdentities: { "/id": { principalId: "b" } },
    }),
    "b",
  );
});

test("a cluster with a service principal is told what to give instead", () => {
  for (const identity of [undefined, {}, { type: "UserAssigned" }, { principalId: "" }]) {
    assert.throws(
      () => controlPlanePrincipal(identity),
      (error) =>
        InputPropertyError.isInstance(error) && /give cluster\.principalId/.test(error.reason),
    );
  }
});

test("the role's id is a full one, in the scope's subscription", () => {
  assert.equal(
    networkContributorId("/subscriptions/s/resourceGroups/g"),
    "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7",
  );
  assert.throws(() => networkContributorId("g"), /not an Azure resource id/);
});

test("an assignment's name is a version 5 UUID that depends on who, what and where only", () => {
  const name = roleAssignmentName("/subscriptions/S", "who", "what");
  assert.equal(name, roleAssignmentName("/subscriptions/s", "who", "what"));
  const names = new Set<string>();
  const word = fc.stringMatching(/^[a-z]{1,12}$/);
  fc.assert(
    fc.property(word, word, word, (where, who, what) => {
      const given = roleAssignmentName(where, who, what);
      assert.match(given, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      names.add(given);
    }),
  );
  assert.ok(names.size > 50);
});
