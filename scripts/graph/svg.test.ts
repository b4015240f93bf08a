import assert from "node:assert/strict";
import { test } from "node:test";
import type { Graph } from "./model.ts";
import { svg } from "./svg.ts";
import { inside, overlap, readPicture } from "./testing/picture.ts";
import { CLIENTS, ZONES } from "./view.ts";

const numbers = [...Array(6).keys()];
/** Six names, addresses and backends, each way crossing others, behind one load balancer. */
const graph: Graph = {
  parts: [
    ...numbers.map((n) => ({ id: `name${n}`, label: `n${n}.example.com`, zone: "names" as const })),
    ...numbers.map((n) => ({ id: `ip${n}`, label: `address ip-${n}`, zone: "public" as const })),
    { id: "lb", label: 'load balancer <b>&"\\"</b>', zone: "public" },
    ...numbers.map((n) => ({ id: `pods${n}`, label: `pods ${n}`, zone: "private" as const })),
  ],
  ways: numbers.flatMap((n) => [
    { from: `name${n}`, to: `ip${5 - n}`, kind: "name" as const, ports: [] },
    { from: `ip${n}`, to: "lb", kind: "packets" as const, ports: ["UDP 1", "UDP 2"] },
    { from: "lb", to: `pods${n}`, kind: "packets" as const, ports: ["1", "2", "3", "4", "5"] },
  ]),
};

test("every part is drawn in the frame of its zone, and none over another", async () => {
  const text = await svg("stack", graph);
  const { nodes, frames, edges } = readPicture(text);
  const labels = [CLIENTS, ...graph.parts.map(({ label }) => label)];
  assert.deepEqual(nodes.map((node) => node.text).toSorted(), labels.toSorted());
  for (const [index, node] of nodes.entries()) {
    const others = nodes.slice(index + 1).filter((other) => overlap(node, other));
    assert.deepEqual(others, [], node.text);
  }
  assert.deepEqual(frames.map((frame) => frame.text).toSorted(), Object.values(ZONES).toSorted());
  for (const node of nodes) {
    const zone = graph.parts.find(({ label }) => label === node.text)?.zone;
    const around = frames.filter((frame) => inside(node, frame)).map((frame) => frame.text);
    assert.deepEqual(around, zone === undefined ? [] : [ZONES[zone]], node.text);
  }
  // The clients ask each name and reach each address.
  assert.equal(edges, graph.ways.length + 12);
  assert.match(text, />5 ports</);
});

test("the checks can fail", () => {
  const box = { text: "", left: 0, right: 10, top: 0, bottom: 10 };
  assert.ok(overlap(box, { ...box, left: 9, right: 20 }));
  assert.ok(!overlap(box, { ...box, left: 10, right: 20 }));
  assert.ok(!inside({ ...box, right: 11 }, box));
  assert.throws(() => readPicture("<svg><g></svg>"));
});
