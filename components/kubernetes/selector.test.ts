import assert from "node:assert/strict";
import { test } from "node:test";
import { InputPropertyError } from "@pulumi/pulumi";
import { sortedByKey } from "../endpoint/plain.ts";
import { checkSelector, labelValue, porterSelector } from "./index.ts";

test("a Porter service is selected by app and service", () => {
  assert.deepEqual(porterSelector({ app: "cloud-debug", service: "cloud" }), {
    "porter.run/app-name": "cloud-debug",
    "porter.run/service-name": "cloud",
  });
});

test("trap 37: the deployment target narrows the selector, the revision never gets in", () => {
  const given = { app: "a", service: "s", deploymentTargetId: "t", appRevisionId: "7" };
  assert.deepEqual(porterSelector(given), {
    "porter.run/app-name": "a",
    "porter.run/deployment-target-id": "t",
    "porter.run/service-name": "s",
  });
  assert.throws(
    () => checkSelector({ "porter.run/app-revision-id": "7" }),
    /changes with every Porter deployment/,
  );
});

test("an empty name is refused, as it would match nothing", () => {
  assert.throws(
    () => porterSelector({ app: "", service: "s" }),
    (error) =>
      InputPropertyError.isInstance(error) &&
      error.propertyPath === 'selector["porter.run/app-name"]',
  );
});

test("keys come out in one order", () => {
  assert.deepEqual(Object.keys(sortedByKey({ b: 1, a: 2, "a-b": 3 })), ["a", "a-b", "b"]);
});

test("a label value is cut to what Kubernetes takes", () => {
  assert.equal(labelValue("audio"), "audio");
  assert.equal(labelValue("a b/ü"), "a-b");
  assert.equal(labelValue("x".repeat(70)).length, 63);
});
