import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type PortAllocation, PortAllocations } from "./port-allocations.ts";
import { target } from "./testing.ts";

const RANGE = { name: "legacy", from: 30_000, to: 30_003, leaseMs: 100 };
const backend = (n: number) => target(`10.0.0.${n}`);

test("a backend has one port of a range, and keeps it for as long as it is asked for", () => {
  const ports = new PortAllocations([RANGE]);
  assert.equal(ports.allocate(0, "legacy", backend(1)), 30_000);
  assert.equal(ports.allocate(0, "legacy", backend(2)), 30_001);
  assert.equal(ports.allocate(90, "legacy", backend(1)), 30_000);
  ports.expire(100, () => false);
  assert.equal(ports.targetOf(30_001), undefined);
  ports.expire(190, () => false);
  assert.equal(ports.size, 0);
  assert.equal(ports.allocate(200, "other", backend(1)), undefined);
});

test("a port in use is kept, and for a whole lease after", () => {
  const ports = new PortAllocations([RANGE]);
  ports.allocate(0, "legacy", backend(1));
  ports.expire(150, (port) => port === 30_000);
  ports.expire(249, () => false);
  assert.equal(ports.size, 1);
  ports.expire(250, () => false);
  assert.equal(ports.size, 0);
});

test("a full range refuses; a freed port is the last to be given again", () => {
  const ports = new PortAllocations([RANGE]);
  for (const n of [1, 2, 3]) ports.allocate(0, "legacy", backend(n));
  ports.release(30_000);
  assert.equal(ports.allocate(0, "legacy", backend(4)), 30_003);
  assert.equal(ports.allocate(0, "legacy", backend(5)), 30_000);
  assert.equal(ports.allocate(0, "legacy", backend(6)), undefined);
  assert.equal(ports.release(30_001), true);
  assert.equal(ports.release(30_001), false);
  assert.equal(ports.allocate(0, "legacy", backend(6)), 30_001);
});

test("a port moves to another backend, which keeps its own port for those who ask", () => {
  const ports = new PortAllocations([RANGE]);
  ports.allocate(0, "legacy", backend(1));
  ports.allocate(0, "legacy", backend(2));
  assert.equal(ports.move(30_000, backend(2)), true);
  assert.equal(ports.targetOf(30_000)?.address, "10.0.0.2");
  assert.equal(ports.allocate(0, "legacy", backend(2)), 30_001);
  assert.equal(ports.allocate(0, "legacy", backend(1)), 30_002);
  assert.equal(ports.move(30_009, backend(1)), false);
});

test("whatever happens, what the keeper heard restores the same", () => {
  const event = fc.record({
    kind: fc.constantFrom("allocate", "allocate", "release", "move", "expire"),
    port: fc.integer({ min: 30_000, max: 30_003 }),
    backend: fc.integer({ min: 1, max: 6 }),
    by: fc.nat({ max: 60 }),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const kept = new Map<number, PortAllocation>();
      const ports = new PortAllocations([RANGE], (port, allocation) => {
        if (allocation === undefined) kept.delete(port);
        else kept.set(port, allocation);
      });
      let now = 0;
      for (const one of events) {
        now += one.by;
        if (one.kind === "allocate") ports.allocate(now, "legacy", backend(one.backend));
        else if (one.kind === "release") ports.release(one.port);
        else if (one.kind === "move") ports.move(one.port, backend(one.backend));
        else ports.expire(now, (port) => port % 2 === 0);
        const all = [...ports.list()];
        assert.equal(new Set(all.map(({ port }) => port)).size, all.length);
        const again = new PortAllocations([RANGE]);
        for (const allocation of kept.values()) assert.ok(again.restore(allocation));
        const byPort = (list: Iterable<PortAllocation>) =>
          [...list].sort((a, b) => a.port - b.port);
        assert.deepEqual(byPort(again.list()), byPort(all));
      }
    }),
  );
  const other = new PortAllocations([RANGE]);
  const foreign = { port: 1, range: "legacy", target: backend(1), until: 1 };
  assert.equal(other.restore(foreign), false);
  assert.equal(other.restore({ ...foreign, port: 30_000, range: "gone" }), false);
});
