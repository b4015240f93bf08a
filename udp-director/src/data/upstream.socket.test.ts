import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { freePorts } from "../testing/free-ports.ts";
import { bindUdp, udpSocket } from "./udp-socket.ts";
import { Upstream, type UpstreamEvents } from "./upstream.ts";

/** Events that write themselves down; `failure` resolves at the first failure. */
function recording() {
  const log: string[] = [];
  let fail: (line: string) => void = () => undefined;
  const failure = new Promise<string>((resolve) => {
    fail = resolve;
  });
  const events: UpstreamEvents = {
    packet: (payload) => void log.push(`packet ${payload}`),
    sent: (bytes) => void log.push(`sent ${bytes}`),
    overflow: () => void log.push("overflow"),
    failed: (error, fatal, lost) => {
      log.push("failed");
      fail(`${(error as NodeJS.ErrnoException).code} fatal=${fatal} lost=${lost}`);
    },
  };
  return { log, events, failure };
}

test("while the socket opens, packets wait up to the bound and then leave in order", async () => {
  const backend = udpSocket("127.0.0.1");
  await bindUdp(backend, "127.0.0.1", 0, "test");
  const { log, events } = recording();
  const upstream = new Upstream("127.0.0.1", backend.address().port, 2, events);
  const got: string[] = [];
  const second = new Promise<void>((resolve) => {
    backend.on("message", (payload) => {
      got.push(payload.toString());
      if (got.length === 2) resolve();
    });
  });
  for (const text of ["a", "bb", "ccc"]) upstream.send(Buffer.from(text));
  assert.deepEqual(log, ["overflow"]);
  await second;
  assert.deepEqual(got, ["a", "bb"]);
  assert.deepEqual(log, ["overflow", "sent 1", "sent 2"]);
  upstream.close();
  upstream.close();
  backend.close();
});

test("a socket that cannot open is fatal and names what was lost", async () => {
  const { log, events, failure } = recording();
  // Broadcast needs a permission that upstream sockets do not have.
  const upstream = new Upstream("255.255.255.255", 9, 4, events);
  upstream.send(Buffer.from("x"));
  assert.match(await failure, /^(EACCES|ENETUNREACH|EPERM) fatal=true lost=1$/);
  assert.deepEqual(log, ["failed"]);
});

test("a socket that fails while it is made is told of afterwards, with what was sent to it", async () => {
  const taken = udpSocket("127.0.0.1");
  // An own port is one of all addresses.
  await bindUdp(taken, "0.0.0.0", 0, "test");
  const { log, events, failure } = recording();
  const ports = { next: () => taken.address().port };
  const upstream = new Upstream("127.0.0.1", 9, 4, events, ports);
  upstream.send(Buffer.from("x"));
  assert.deepEqual(log, []);
  assert.equal(await failure, "EADDRINUSE fatal=true lost=1");
  upstream.send(Buffer.from("y"));
  assert.deepEqual(log, ["failed"]);
  taken.close();
});

test("closing before it is open sends nothing and tells nothing", async () => {
  const backend = udpSocket("127.0.0.1");
  await bindUdp(backend, "127.0.0.1", 0, "test");
  const { log, events } = recording();
  const upstream = new Upstream("127.0.0.1", backend.address().port, 4, events);
  upstream.send(Buffer.from("never"));
  upstream.close();
  const arrived = once(backend, "message");
  const probe = udpSocket("127.0.0.1");
  probe.send("probe", backend.address().port, "127.0.0.1");
  assert.equal(String((await arrived)[0]), "probe");
  assert.deepEqual(log, []);
  probe.close();
  backend.close();
});

test("a port that is given back hears answers at once, and sends once it may", async () => {
  const backend = udpSocket("127.0.0.1");
  await bindUdp(backend, "127.0.0.1", 0, "test");
  const [own = 0] = await freePorts(1);
  const { promise: free, resolve: give } = Promise.withResolvers<void>();
  const { log, events } = recording();
  const heard = Promise.withResolvers<void>();
  const packet = (payload: Buffer) => {
    events.packet(payload);
    heard.resolve();
  };
  const ports = { next: () => own, free };
  const to = backend.address().port;
  const upstream = new Upstream("127.0.0.1", to, 4, { ...events, packet }, ports);
  upstream.send(Buffer.from("later"));
  await wait(20);
  backend.send("answer", own, "127.0.0.1");
  await heard.promise;
  assert.deepEqual(log, ["packet answer"]);
  const arrived = once(backend, "message");
  give();
  assert.equal(String((await arrived)[0]), "later");
  assert.deepEqual(log, ["packet answer", "sent 5"]);
  upstream.close();
  backend.close();
});
