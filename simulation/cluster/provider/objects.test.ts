import assert from "node:assert/strict";
import { test } from "node:test";
import { valueAt } from "../../cloud/paths.ts";
import { type Json, KubeError } from "../kube-client.ts";
import { type Context, ObjectHandler } from "./objects.ts";

const INPUTS = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "settings", namespace: "games" },
};

/** An API server with one object, into which somebody writes after each of the first looks. */
function apiServer(writes: number) {
  let version = 1;
  let left = writes;
  const managers = [{ manager: "pulumi-kubernetes", operation: "Update", fieldsV1: {} }];
  const calls: string[] = [];
  const object = () => ({
    ...INPUTS,
    metadata: { ...INPUTS.metadata, resourceVersion: `${version}`, managedFields: managers },
  });
  const client = {
    get: async () => {
      const seen = object();
      if (left-- > 0) version++;
      return seen;
    },
    call: async (_method: string, _path: string, body: Json, type: string) => {
      calls.push(type);
      if (type !== "application/json-patch+json") return object();
      const wanted = body.find(({ path }: Json) => path === "/metadata/resourceVersion").value;
      if (wanted !== `${version}`) throw new KubeError(409, "the object has been modified");
      return object();
    },
  };
  const resources = { path: async () => "/api/v1/namespaces/games/configmaps/settings" };
  const context = { client, resources, namespace: "games" } as unknown as Context;
  return { handler: new ObjectHandler(() => context), calls };
}

const update = (handler: ObjectHandler) =>
  handler.update({
    ...{ urn: "urn:pulumi:a::b::kubernetes:core/v1:ConfigMap::settings", id: "games/settings" },
    ...{ inputs: INPUTS, oldInputs: INPUTS, oldOutputs: INPUTS, preview: false },
    ...{ type: "kubernetes:core/v1:ConfigMap", name: "settings" },
    ...{ timeoutSeconds: 1, signal: AbortSignal.timeout(5000) },
  });

test("an update whose object is changed by a controller meanwhile is tried again", async () => {
  const { handler, calls } = apiServer(1);
  const updated = await update(handler);
  assert.equal(valueAt(updated, "metadata.name"), "settings");
  const [handOver, apply] = ["application/json-patch+json", "application/apply-patch+yaml"];
  assert.deepEqual(calls, [handOver, handOver, apply]);
});

test("one that is changed all the time is given up", async () => {
  const { handler, calls } = apiServer(100);
  await assert.rejects(update(handler), /the object has been modified/);
  assert.equal(calls.length, 5);
});
