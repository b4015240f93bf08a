import assert from "node:assert/strict";
import { test } from "node:test";
import { type Properties, UNKNOWN } from "../../provider/index.ts";
import { allocationHandler } from "./handler.ts";
import { memoryPortStore, type PortStore, tableOf, withTable } from "./store.ts";

const INPUTS: Properties = {
  namespace: "traefik",
  protocol: "UDP",
  from: 11_000,
  to: 11_099,
  reserved: [],
  quarantineSeconds: 60,
};
const TYPE = "udp-ports:index:Allocation";
const ref = (name: string) => ({ urn: `urn:pulumi:s::p::${TYPE}::${name}`, type: TYPE, name });
const call = { timeoutSeconds: 0, signal: new AbortController().signal };

function handler(store: PortStore = memoryPortStore()) {
  const warnings: string[] = [];
  const made = allocationHandler(
    store,
    () => 1000,
    (text) => warnings.push(text),
  );
  const create = async (name: string, more: Properties = {}, preview = false) =>
    made.create({ ...ref(name), ...call, inputs: { ...INPUTS, ...more }, preview });
  const remove = (name: string, id: string) =>
    made.delete({ ...ref(name), ...call, id, inputs: INPUTS, outputs: {} });
  return { ...made, create, remove, warnings };
}

test("an allocation is a port of its own, named in its identifier", async () => {
  const { create } = handler();
  const { id, outputs } = await create("dns");
  assert.equal(id, `traefik/udp-${outputs.port}`);
  assert.notEqual((await create("audio")).outputs.port, outputs.port);
  // Asked again after an answer that was lost: the same.
  assert.equal((await create("dns")).outputs.port, outputs.port);
});

test("a preview shows the ports that an up would give, and takes none", async () => {
  const store = memoryPortStore();
  const preview = handler(store);
  const names = ["a", "b", "c"];
  // All at once, as the engine does it.
  const all = await Promise.all(names.map((name) => preview.create(name, {}, true)));
  const shown = all.map(({ outputs }) => outputs.port);
  assert.equal(new Set(shown).size, 3);
  const up = handler(store);
  for (const [index, name] of names.entries()) {
    assert.equal((await up.create(name)).outputs.port, shown[index]);
  }
});

test("in a full pool a preview tells each that there is none", async () => {
  const { create } = handler();
  const pool = { from: 11_000, to: 11_001 };
  const given = await Promise.allSettled(["a", "b", "c"].map((name) => create(name, pool, true)));
  assert.deepEqual(
    given.map(({ status }) => status),
    ["fulfilled", "fulfilled", "rejected"],
  );
});

test("a preview without the cluster shows no port, and says why", async () => {
  const away: PortStore = {
    read: () => Promise.reject(new Error("connect ECONNREFUSED")),
    change: () => Promise.reject(new Error("connect ECONNREFUSED")),
  };
  const { create, warnings } = handler(away);
  assert.equal((await create("a", {}, true)).outputs.port, UNKNOWN);
  assert.match(warnings[0] ?? "", /no port is shown: connect ECONNREFUSED/);
  assert.equal((await handler().create("a", { namespace: UNKNOWN }, true)).outputs.port, UNKNOWN);
});

test("a port that is asked for is that one, or an error in a preview already", async () => {
  const store = memoryPortStore();
  const one = handler(store);
  assert.equal((await one.create("old", { requestedPort: 11_042 })).outputs.port, 11_042);
  const two = handler(store);
  await assert.rejects(two.create("new", { requestedPort: 11_042 }, true), /already that of urn/);
  await assert.rejects(two.create("new", { requestedPort: 11_042 }), /already that of urn/);
  await assert.rejects(two.create("new", { requestedPort: 1 }), /not in the pool/);
});

test("what is given back is gone, rests, and comes back to the same name", async () => {
  const made = handler();
  const { id } = await made.create("dns");
  const request = { ...ref("dns"), id, inputs: INPUTS, outputs: {} };
  assert.ok(await made.read(request));
  await made.remove("dns", id);
  assert.equal(await made.read(request), undefined);
  assert.notEqual((await made.create("audio")).id, id);
  assert.equal((await made.create("dns")).id, id);
  await assert.rejects(async () => made.read({ ...request, id: "x" }), /traefik\/udp-11000/);
});

test("protocol and place decide, the pool's size does not move a port", async () => {
  const { diff } = handler();
  const changes = async (news: Properties) => {
    const result = await diff({
      ...ref("dns"),
      id: "traefik/udp-11000",
      oldInputs: INPUTS,
      oldOutputs: { ...INPUTS, port: 11_000 },
      news: { ...INPUTS, ...news },
      ignoreChanges: [],
    });
    // Else a replacement would be given the port of what it replaces, and lose it right after.
    assert.equal(result.deleteBeforeReplace, true);
    return result.changes;
  };
  assert.deepEqual(await changes({}), {});
  assert.deepEqual(await changes({ protocol: "TCP" }), { protocol: "update-replace" });
  assert.deepEqual(await changes({ requestedPort: 11_000 }), {});
  assert.deepEqual(await changes({ requestedPort: 11_001 }), { requestedPort: "update-replace" });
  assert.deepEqual(await changes({ to: 11_199 }), { to: "update" });
});

test("the table is text that people can read, and what they wrote by hand is theirs", () => {
  const data = withTable(
    { note: "ours", "tcp-10000": '{"owner":"t"}' },
    "UDP",
    new Map([[11_000, { owner: "a", releasedAt: 5, quarantineSeconds: 60 }]]),
  );
  assert.deepEqual(data, {
    note: "ours",
    "tcp-10000": '{"owner":"t"}',
    "udp-11000": '{"owner":"a","releasedAt":5,"quarantineSeconds":60}',
  });
  const hand = { ...data, "udp-11001": "the old DNS server", "udp-x": "no port" };
  assert.deepEqual(
    [...tableOf(hand, "UDP")],
    [
      [11_000, { owner: "a", releasedAt: 5, quarantineSeconds: 60 }],
      [11_001, { owner: "the old DNS server" }],
    ],
  );
});
