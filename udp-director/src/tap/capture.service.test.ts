import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { debianCommand } from "../../../toolchain/debian.ts";
import { DirectorConnection, query } from "../client/index.ts";
import { echoResource, testConfig, testDirector } from "../testing/director.ts";

const run = promisify(execFile);
const found = await debianCommand({ command: "tshark" }, (line) =>
  process.stderr.write(`${line}\n`),
);
const skip = "missing" in found ? found.missing : false;
const within = () => ({ signal: AbortSignal.timeout(10_000) });

const FIELDS = [
  ...["frame.interface_name", "frame.time_epoch", "ip.src", "ipv6.src", "udp.srcport"],
  ...["ip.dst", "ipv6.dst", "udp.dstport", "udp.payload", "ip.checksum.status"],
  ...["udp.checksum.status", "frame.comment"],
];

/** One packet, as Wireshark's dissectors read it. */
interface Read {
  readonly on: string;
  readonly time: number;
  readonly from: string;
  readonly to: string;
  readonly text: string;
  /** 1: good, of IP (absent for IPv6) and UDP. */
  readonly checksums: string;
  readonly comment: string;
}

async function read(t: TestContext, capture: ArrayBuffer): Promise<Read[]> {
  assert.ok("file" in found);
  const folder = await mkdtemp(join(tmpdir(), "udp-director-tshark-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "capture.pcapng");
  await writeFile(file, Buffer.from(capture));
  const { stdout } = await run(found.file, [
    ...["-r", file, "-T", "fields", "-E", "separator=|"],
    ...["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"],
    ...FIELDS.flatMap((field) => ["-e", field]),
  ]);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [on = "", time, ip, ip6, port, ip2, ip62, port2, payload = "", ...rest] =
        line.split("|");
      return {
        on,
        time: Number(time),
        from: `${ip || ip6} ${port}`,
        to: `${ip2 || ip62} ${port2}`,
        text: Buffer.from(payload.replaceAll(":", ""), "hex").toString(),
        checksums: `${rest[0]}${rest[1]}`,
        comment: rest[2] ?? "",
      };
    });
}

async function backendOn(t: TestContext, address: string): Promise<Socket> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  t.after(() => socket.close());
  socket.bind(0, address);
  await once(socket, "listening", within());
  return socket;
}

for (const [family, host, listen, checksums] of [
  ["IPv4", "127.0.0.1", "0.0.0.0", "11"],
  ["IPv6", "::1", "::1", "1"],
] as const) {
  test(`tshark reads a capture of an ${family} session: ends, payloads, checksums, order`, {
    skip,
  }, async (t) => {
    const backend = await backendOn(t, host);
    const resource = echoResource("a", backend.address().port, host);
    const director = await testDirector(t, testConfig([resource], { admin: {}, listen: [listen] }));
    const at = { host, queryPort: director.queryPort };
    const wanted = { resourceType: "echo", namespace: "local" };
    const { token } = await query(at, wanted);
    const connection = await DirectorConnection.open({ host, dataPort: director.dataPort, token });
    t.after(() => connection.close());
    const exchange = async (text: string) => {
      const arrived = once(backend, "message", within());
      connection.send(text);
      const [payload, from] = (await arrived) as [Buffer, RemoteInfo];
      backend.send(`re ${payload}`, from.port, from.address);
      await connection.receive(10_000);
      return from.port;
    };
    const seenAs = await exchange("before");
    const before = Date.now() / 1000;
    const url = `http://127.0.0.1:${director.adminPort}/v1/sessions/1/capture?packets=5`;
    const response = await fetch(url);
    for (const text of ["one", "two"]) await exchange(text);
    // A repeated first packet: a secret, although the session's backend gets it as data.
    connection.send(token);
    const packets = await read(t, await response.arrayBuffer());

    const client = `${host} ${connection.localPort}`;
    const [listener, upstream] = [`${host} ${director.dataPort}`, `${host} ${seenAs}`];
    const server = `${host} ${backend.address().port}`;
    const expected = ["one", "two"].flatMap((text) => [
      ["clients", client, listener, text],
      ["backends", upstream, server, text],
      ["backends", server, upstream, `re ${text}`],
      ["clients", listener, client, `re ${text}`],
    ]);
    assert.deepEqual(
      packets.slice(0, 8).map(({ on, from, to, text }) => [on, from, to, text]),
      expected,
    );
    assert.equal(packets.length, 10);
    for (const { text, comment } of packets.slice(8)) {
      assert.equal(text, "\0".repeat(36));
      assert.match(comment, /token/);
    }
    const times = packets.map(({ time }) => time);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    assert.ok((times[0] ?? 0) > before - 1 && (times.at(-1) ?? 0) < Date.now() / 1000 + 1);
    for (const packet of packets) assert.equal(packet.checksums, checksums, JSON.stringify(packet));
  });
}
