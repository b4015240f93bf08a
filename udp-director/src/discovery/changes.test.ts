import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Resource } from "../selection/resource.ts";
import { drainReason } from "./availability.ts";
import { type BackendChange, type BackendState, ChangeFeed } from "./changes.ts";

const group = { resourceType: "game", namespace: "games" };

function follow(feed: ChangeFeed): string[] {
  const told: string[] = [];
  feed.subscribe((change: BackendChange) => {
    const why = change.kind === "draining" ? ` ${change.reason}` : "";
    told.push(`${change.kind} ${change.resource}${why}`);
  });
  return told;
}

test("a backend is added, drains and is removed; one that was never ready is not told of", () => {
  const feed = new ChangeFeed();
  const told = follow(feed);
  feed.put(group, "a", { identity: "1", drain: "not_ready" });
  feed.remove(group, "a");
  feed.put(group, "a", { identity: "1", drain: undefined });
  feed.put(group, "a", { identity: "1", drain: undefined });
  feed.put(group, "a", { identity: "1", drain: "terminating" });
  feed.put(group, "a", { identity: "2", drain: undefined });
  feed.replace(group, new Map());
  assert.deepEqual(told, [
    "added game/games/a",
    "draining game/games/a terminating",
    "removed game/games/a",
    "added game/games/a",
    "removed game/games/a",
  ]);
});

test("an ended subscription is told nothing", () => {
  const feed = new ChangeFeed();
  const told: unknown[] = [];
  const end = feed.subscribe((change) => void told.push(change));
  end();
  feed.put(group, "a", { identity: "1", drain: undefined });
  assert.deepEqual(told, []);
});

test("whoever applies the changes knows who may get sessions, whatever happens", () => {
  const state = fc.record({
    identity: fc.constantFrom("1", "2"),
    drain: fc.constantFrom<BackendState["drain"][]>(undefined, "marked", "terminating"),
  });
  const name = fc.constantFrom("a", "b", "c");
  const step = fc.oneof(
    fc.record({ kind: fc.constant("put" as const), name, state }),
    fc.record({ kind: fc.constant("remove" as const), name }),
    fc.record({ kind: fc.constant("replace" as const), all: fc.dictionary(name, state) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const feed = new ChangeFeed();
      const model = new Map<string, BackendState>();
      const open = new Set<string>();
      feed.subscribe((change) => {
        if (change.kind === "added") assert.equal(open.has(change.name), false, "added twice");
        if (change.kind === "added") open.add(change.name);
        else open.delete(change.name);
      });
      for (const one of steps) {
        if (one.kind === "put") {
          model.set(one.name, one.state);
          feed.put(group, one.name, one.state);
        } else if (one.kind === "remove") {
          model.delete(one.name);
          feed.remove(group, one.name);
        } else {
          model.clear();
          for (const [key, value] of Object.entries(one.all)) model.set(key, value);
          feed.replace(group, new Map(model));
        }
        const expected = [...model].filter(([, { drain }]) => drain === undefined);
        assert.deepEqual([...open].sort(), expected.map(([key]) => key).sort());
      }
    }),
  );
});

test("a pod must be ready and have an address; anything can be marked or be ending", () => {
  const of = (status: Record<string, unknown>, metadata: object = {}): Resource => ({
    metadata: { name: "a", namespace: "games", labels: {}, annotations: {}, ...metadata },
    status,
  });
  const up = { podIP: "10.0.0.1", conditions: [null, { type: "Ready", status: "True" }] };
  assert.equal(drainReason(of(up), "pod"), undefined);
  assert.equal(drainReason(of({ ...up, podIP: "" }), "pod"), "not_ready");
  assert.equal(drainReason(of({ ...up, conditions: "?" }), "pod"), "not_ready");
  assert.equal(drainReason(of({}), "other"), undefined);
  const labels = { "udp-director.io/draining": "true" };
  assert.equal(drainReason(of(up, { labels }), "pod"), "marked");
  assert.equal(drainReason(of({}, { deletionTimestamp: "now", labels }), "other"), "terminating");
});
