import assert from "node:assert/strict";
import { test } from "node:test";
import { versionFlags } from "./kubernetes.ts";

test("each program is told which version it is", () => {
  assert.deepEqual(versionFlags("1.34.4"), [
    "-ldflags=-s -w -X k8s.io/component-base/version.gitVersion=v1.34.4" +
      " -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=34",
  ]);
});
