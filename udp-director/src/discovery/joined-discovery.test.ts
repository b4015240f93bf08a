import assert from "node:assert/strict";
import { test } from "node:test";
import type { Resource } from "../selection/resource.ts";
import { Selector } from "../selection/selector.ts";
import { ChangeFeed } from "./changes.ts";
import type { Discovery } from "./discovery.ts";
import { JoinedDiscovery } from "./joined-discovery.ts";

const resource = (name: string, from: string, spec: Record<string, unknown> = {}): Resource => ({
  metadata: { name, namespace: "games", labels: { from }, annotations: {} },
  spec,
});

/** A discovery that holds these resources of type `game` and knows these services by name. */
function part(resources: Resource[], services: Record<string, Resource> = {}) {
  const feed = new ChangeFeed();
  const loaded = Promise.withResolvers<void>();
  const state = { ready: false, closed: false };
  const discovery: Discovery = {
    start: async () => undefined,
    get ready() {
      return state.ready;
    },
    whenReady: loaded.promise,
    list: (type, namespace) => (type === "game" && namespace === "games" ? resources : []),
    serviceWithLabel: (_namespace, label, value) =>
      label === "server" ? services[value] : undefined,
    counts: () => [{ resourceType: "game", namespace: "games", resources: resources.length }],
    onChange: (listener) => feed.subscribe(listener),
    close: async () => {
      state.closed = true;
    },
  };
  const load = () => {
    state.ready = true;
    loaded.resolve();
  };
  return { discovery, feed, load, state };
}

test("lists are joined, the earlier one wins a name; it is ready when all are", async () => {
  const a = part([resource("x", "a")]);
  const b = part([resource("x", "b"), resource("y", "b")]);
  const joined = new JoinedDiscovery([a.discovery, b.discovery]);
  const found = joined.list("game", "games").map(({ metadata }) => metadata);
  assert.deepEqual(
    found.map(({ name, labels }) => [name, labels.from]),
    [
      ["x", "a"],
      ["y", "b"],
    ],
  );
  assert.deepEqual(joined.counts(), [{ resourceType: "game", namespace: "games", resources: 3 }]);
  a.load();
  assert.equal(joined.ready, false);
  b.load();
  await joined.whenReady;
  assert.equal(joined.ready, true);
  await joined.close();
  assert.deepEqual([a.state.closed, b.state.closed], [true, true]);
});

test("changes of every part are told until the subscription ends", () => {
  const [a, b] = [part([]), part([])];
  const told: string[] = [];
  const end = new JoinedDiscovery([a.discovery, b.discovery]).onChange((change) => {
    told.push(`${change.kind} ${change.resource}`);
  });
  const group = { resourceType: "game", namespace: "games" };
  a.feed.put(group, "x", { identity: "1", drain: undefined });
  b.feed.put(group, "y", { identity: "1", drain: undefined });
  end();
  a.feed.remove(group, "x");
  assert.deepEqual(told, ["added game/games/x", "added game/games/y"]);
});

test("service mode reads the Service of the resource, with the published error texts", () => {
  const ports = [{ name: "game", port: 7070 }];
  const services = {
    good: resource("svc", "", { clusterIP: "10.0.0.9", ports }),
    headless: resource("none", "", { clusterIP: "None", ports }),
    portless: resource("odd", "", { clusterIP: "10.0.0.9", ports: [null, { name: "other" }] }),
  };
  const answer = (name: string) => {
    const { discovery } = part([resource(name, "")], services);
    const mapping = {
      ...{ group: "agones.dev", version: "v1", resource: "gameservers" },
      ...{ serviceSelectorLabel: "server", serviceTargetPortName: "game" },
    };
    const selector = new Selector(
      {
        resourceQueryMapping: { game: mapping },
        loadBalancing: "firstMatch",
        dataPorts: [{ port: 7777, protocol: "udp", name: "default" }],
      },
      new JoinedDiscovery([part([]).discovery, discovery]),
      () => 0,
    );
    const query = { resourceType: "game", namespace: "games", labels: [], annotations: [] };
    const found = selector.select({ ...query, status: undefined });
    return found.ok ? `${found.target.address}:${found.target.ports.get("default")}` : found.error;
  };
  assert.equal(answer("good"), "10.0.0.9:7070");
  assert.equal(answer("other"), "No service found for resource: other");
  assert.equal(answer("headless"), "Failed to extract address: service none has no cluster IP");
  assert.equal(answer("portless"), "Failed to extract port: no port named game");
});

test("a list is joined once for each change of its parts", () => {
  const lists = { a: [resource("x", "a")], b: [resource("y", "b")] };
  const source = (name: "a" | "b"): Discovery => ({
    ...part([]).discovery,
    list: () => lists[name],
  });
  const joined = new JoinedDiscovery([source("a"), source("b")]);
  const before = joined.list("game", "games");
  assert.equal(joined.list("game", "games"), before);
  lists.b = [resource("z", "b")];
  assert.deepEqual(
    joined.list("game", "games").map(({ metadata }) => metadata.name),
    ["x", "z"],
  );
});
