import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeProxyHeader, type ProxyHeader, readProxyHeader } from "./proxy-header.ts";

const port = fc.integer({ min: 0, max: 65_535 });
const endpoint = (address: fc.Arbitrary<string>) => fc.record({ address, port });
const header: fc.Arbitrary<ProxyHeader> = fc.constantFrom(fc.ipV4(), fc.ipV6()).chain((address) =>
  fc.record({
    transport: fc.constantFrom("udp", "tcp"),
    source: endpoint(address),
    destination: endpoint(address),
  }),
);

/** The one spelling of an address that the standard library gives it. */
const plain = (address: string) =>
  address.includes(":") ? new URL(`http://[${address}]`).hostname : address;
const spelled = ({ transport, source, destination }: ProxyHeader) => ({
  transport,
  source: { ...source, address: plain(source.address) },
  destination: { ...destination, address: plain(destination.address) },
});

test("the bytes are those of the specification", () => {
  const made = encodeProxyHeader({
    transport: "udp",
    source: { address: "192.0.2.1", port: 4000 },
    destination: { address: "198.51.100.7", port: 7777 },
  });
  assert.equal(
    Buffer.from(made).toString("hex"),
    "0d0a0d0a000d0a515549540a" + "2112000c" + "c0000201" + "c6336407" + "0fa0" + "1e61",
  );
  const six = encodeProxyHeader({
    transport: "tcp",
    source: { address: "2001:db8::1", port: 1 },
    destination: { address: "::ffff:192.0.2.1", port: 65_535 },
  });
  assert.equal(
    Buffer.from(six).toString("hex", 12),
    "21210024" +
      "20010db8000000000000000000000001" +
      "00000000000000000000ffffc0000201" +
      "0001" +
      "ffff",
  );
});

test("what is written is read, with anything behind it; every cut of it is incomplete", () => {
  fc.assert(
    fc.property(header, fc.uint8Array(), (one, payload) => {
      const bytes = encodeProxyHeader(one);
      const read = readProxyHeader(Buffer.concat([bytes, payload]));
      assert.ok(typeof read === "object" && read.header !== undefined);
      assert.equal(read.end, bytes.length);
      assert.deepEqual(spelled(read.header), spelled(one));
      for (let end = 0; end < bytes.length; end++) {
        assert.equal(readProxyHeader(bytes.subarray(0, end)), "incomplete");
      }
    }),
  );
});

test("whatever the bytes, reading them throws nothing and stays within them", () => {
  const start = encodeProxyHeader({
    transport: "udp",
    source: { address: "192.0.2.1", port: 1 },
    destination: { address: "192.0.2.2", port: 2 },
  });
  fc.assert(
    fc.property(fc.nat({ max: 28 }), fc.uint8Array({ maxLength: 80 }), (kept, rest) => {
      const bytes = Buffer.concat([start.subarray(0, kept), rest]);
      const read = readProxyHeader(bytes);
      if (typeof read === "object") assert.ok(read.end >= 16 && read.end <= bytes.length);
    }),
    { numRuns: 2000 },
  );
  assert.equal(readProxyHeader(Buffer.from("GET / HTTP/1.1")), "none");
});

test("a proxy's own connection has no client; extensions are passed over", () => {
  const local = Buffer.from("0d0a0d0a000d0a515549540a20000000", "hex");
  assert.deepEqual(readProxyHeader(local), { header: undefined, end: 16 });
  const bytes = Buffer.from(
    encodeProxyHeader({
      transport: "tcp",
      source: { address: "192.0.2.1", port: 1 },
      destination: { address: "192.0.2.2", port: 2 },
    }),
  );
  bytes.writeUInt16BE(12 + 7, 14);
  const read = readProxyHeader(Buffer.concat([bytes, Buffer.from("04000400000000x", "latin1")]));
  assert.ok(typeof read === "object");
  assert.deepEqual([read.end, read.header?.source.port], [35, 1]);
});

test("addresses of two families, and texts that are none, cannot be written", () => {
  const one = (source: string, destination: string) => () =>
    encodeProxyHeader({
      transport: "udp",
      source: { address: source, port: 1 },
      destination: { address: destination, port: 2 },
    });
  assert.throws(one("192.0.2.1", "::1"), /two address families/);
  for (const text of ["localhost", "", "1.2.3.300", "1:2:3", "::g"]) {
    assert.throws(one(text, text), /not an IP address/, text);
  }
  assert.equal(one("fe80::1%eth0", "::")().length, 52);
});
