import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import status from "@pulumi/pulumi/proto/status_pb.js";
import structProto from "google-protobuf/google/protobuf/struct_pb.js";
import { type Provider, type ResourceHandler, UnhealthyResourceError } from "./contract.ts";
import { listen, type RunningServer } from "./server.ts";
import { UNKNOWN } from "./values.ts";

const URN = "urn:pulumi:s::p::pkg:a:Parent$pkg:index:Thing::name::with::colons";
const seen: unknown[] = [];

const thing: ResourceHandler = {
  check: ({ news }) => ({ inputs: news, failures: [{ property: "a.b", reason: "is wrong" }] }),
  diff: () => ({ changes: { size: "update", "spec.zone": "update-replace" } }),
  create: ({ type, name, inputs, preview }) => {
    seen.push({ type, name, inputs, preview });
    return { id: "id-1", outputs: { ...inputs, address: UNKNOWN, left: undefined as never } };
  },
  read: ({ id }) => (id === "gone" ? undefined : { id, inputs: {}, outputs: { found: true } }),
  update: ({ id, inputs }) => {
    throw new UnhealthyResourceError({ id, inputs, outputs: { pid: 0 }, reasons: ["it died"] });
  },
  delete: () => {
    throw new Error("still attached");
  },
};
const provider: Provider = {
  name: "pkg",
  version: "1.2.3",
  resource: (type) => (type === "pkg:index:Thing" ? thing : undefined),
};

let server: RunningServer;
let client: InstanceType<typeof services.ResourceProviderClient>;

before(async () => {
  server = await listen(async () => provider);
  client = new services.ResourceProviderClient(
    `127.0.0.1:${server.port}`,
    grpc.credentials.createInsecure(),
  );
});
after(async () => {
  client.close();
  server.close();
});

type Done<Res> = (error: grpc.ServiceError | null, response: Res) => void;

function ask<Res>(call: (done: Done<Res>) => unknown): Promise<Res> {
  return new Promise((resolve, reject) => {
    call((error, response) => (error ? reject(error) : resolve(response)));
  });
}

const struct = (value: object) => structProto.Struct.fromJavaScript(value as never);

test("a preview's create keeps unknowns and drops what is undefined", async () => {
  const request = new proto.CreateRequest();
  request.setUrn(URN);
  request.setProperties(struct({ size: 1 }));
  request.setPreview(true);
  const response = await ask<InstanceType<typeof proto.CreateResponse>>((done) =>
    client.create(request, done),
  );
  assert.deepEqual(response.getProperties()?.toJavaScript(), { size: 1, address: UNKNOWN });
  assert.deepEqual(seen, [
    { type: "pkg:index:Thing", name: "name::with::colons", inputs: { size: 1 }, preview: true },
  ]);
});

test("check failures arrive with their property", async () => {
  const request = new proto.CheckRequest();
  request.setUrn(URN);
  const [failure] = (
    await ask<InstanceType<typeof proto.CheckResponse>>((done) => client.check(request, done))
  ).getFailuresList();
  assert.deepEqual([failure?.getProperty(), failure?.getReason()], ["a.b", "is wrong"]);
});

test("a diff says which properties replace", async () => {
  const request = new proto.DiffRequest();
  request.setUrn(URN);
  const response = await ask<InstanceType<typeof proto.DiffResponse>>((done) =>
    client.diff(request, done),
  );
  assert.equal(response.getChanges(), proto.DiffResponse.DiffChanges.DIFF_SOME);
  assert.deepEqual(response.getDiffsList(), ["size", "spec.zone"]);
  assert.deepEqual(response.getReplacesList(), ["spec.zone"]);
  assert.equal(response.getHasdetaileddiff(), true);
});

test("changed settings of the provider are told, so that the engine takes the new ones", async () => {
  const request = new proto.DiffRequest();
  request.setOldInputs(struct({ location: "westeurope", version: "1.2.3", old: true }));
  request.setNews(struct({ location: "northeurope", version: "1.2.3", fresh: [1] }));
  const response = await ask<InstanceType<typeof proto.DiffResponse>>((done) =>
    client.diffConfig(request, done),
  );
  assert.equal(response.getChanges(), proto.DiffResponse.DiffChanges.DIFF_SOME);
  assert.deepEqual(response.getDiffsList().sort(), ["fresh", "location", "old"]);
  assert.deepEqual(response.getReplacesList(), []);
  request.setNews(request.getOldInputs());
  const same = await ask<InstanceType<typeof proto.DiffResponse>>((done) =>
    client.diffConfig(request, done),
  );
  assert.equal(same.getChanges(), proto.DiffResponse.DiffChanges.DIFF_NONE);
});

test("a resource that is gone is read as an empty id", async () => {
  const request = new proto.ReadRequest();
  request.setUrn(URN);
  request.setId("gone");
  assert.equal(
    (
      await ask<InstanceType<typeof proto.ReadResponse>>((done) => client.read(request, done))
    ).getId(),
    "",
  );
  request.setId("there");
  assert.equal(
    (
      await ask<InstanceType<typeof proto.ReadResponse>>((done) => client.read(request, done))
    ).getId(),
    "there",
  );
});

test("an unhealthy resource travels with its state and reasons", async () => {
  const request = new proto.UpdateRequest();
  request.setUrn(URN);
  request.setId("id-1");
  const error: grpc.ServiceError = await ask<InstanceType<typeof proto.UpdateResponse>>((done) =>
    client.update(request, done),
  ).then(
    () => assert.fail("no error"),
    (reason) => reason,
  );
  const [packed] = error.metadata.get("grpc-status-details-bin");
  const [detail] = status.Status.deserializeBinary(packed as Buffer).getDetailsList();
  const state = proto.ErrorResourceInitFailed.deserializeBinary(
    detail?.getValue_asU8() as Uint8Array,
  );
  assert.equal(detail?.getTypeName(), "pulumirpc.ErrorResourceInitFailed");
  assert.deepEqual(state.getReasonsList(), ["it died"]);
  assert.deepEqual(state.getProperties()?.toJavaScript(), { pid: 0 });
});

test("an error is told in its own words, an unknown type by its token", async () => {
  const request = new proto.DeleteRequest();
  request.setUrn(URN);
  await assert.rejects(
    ask<unknown>((done) => client.delete(request, done)),
    { details: "still attached" },
  );
  request.setUrn("urn:pulumi:s::p::pkg:index:Other::x");
  await assert.rejects(
    ask<unknown>((done) => client.delete(request, done)),
    {
      details: "pkg 1.2.3 has no resource pkg:index:Other",
    },
  );
});

test("each connection has a provider of its own, with its own configuration", async () => {
  const settings: unknown[] = [];
  const shared = await listen(async () => {
    let region: unknown;
    return {
      ...provider,
      configure: (config) => {
        region = config.region;
      },
      invoke: () => {
        settings.push(region);
        return { result: {} };
      },
    };
  });
  const clients = ["here", "there"].map((region) => ({
    region,
    client: new services.ResourceProviderClient(
      `127.0.0.1:${shared.port}`,
      grpc.credentials.createInsecure(),
      // gRPC has clients of one process share a connection otherwise.
      { "grpc.use_local_subchannel_pool": 1 },
    ),
  }));
  for (const { client, region } of clients) {
    const configure = new proto.ConfigureRequest();
    configure.setArgs(struct({ region }));
    await ask((done) => client.configure(configure, done));
  }
  for (const { client } of clients) {
    await ask((done) => client.invoke(new proto.InvokeRequest(), done));
    client.close();
  }
  shared.close();
  assert.deepEqual(settings, ["here", "there"]);
});
