import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { debianCommand } from "../../../toolchain/debian.ts";
import { echoResource, testConfig, testDirector } from "../testing/director.ts";

/** Servers of others that speak PROXY protocol v2 judge the headers: Unbound and HAProxy. */

const quiet = () => undefined;
const unbound = await debianCommand({ command: "unbound" }, quiet);
const haproxy = await debianCommand({ command: "haproxy" }, quiet);
const within = () => ({ signal: AbortSignal.timeout(20_000) });

/** A port that is free for UDP and TCP a moment ago. */
async function freePort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening", within());
  const { port } = socket.address();
  socket.close();
  await once(socket, "close", within());
  return port;
}

/** Runs a server with a configuration file and resolves once its TCP port accepts. */
async function serve(t: TestContext, file: string, args: string[], config: string, port: number) {
  const folder = await mkdtemp(join(tmpdir(), "udp-director-proxy-"));
  const path = join(folder, "config");
  await writeFile(path, config.replaceAll("FOLDER", folder));
  const child = spawn(file, [...args, path], { stdio: "ignore", cwd: folder });
  t.after(async () => {
    if (child.exitCode === null) {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  });
  for (const end = performance.now() + 20_000; ; await wait(20)) {
    assert.ok(performance.now() < end && child.exitCode === null, `${file} does not serve`);
    const socket = connect(port, "127.0.0.1");
    const ok = await once(socket, "connect", within()).catch(quiet);
    socket.destroy();
    if (ok) return;
  }
}

/** A director whose clients all go to that port, over UDP and TCP. */
async function director(t: TestContext, port: number) {
  const mapping = { group: "", version: "v1", resource: "pods", addressPath: "status.address" };
  const made = await testDirector(
    t,
    testConfig([echoResource("a", port)], {
      listen: ["127.0.0.1", "::1"],
      dataPorts: [
        { port: 7777, protocol: "udp", name: "udp" },
        { port: 7777, protocol: "tcp", name: "tcp" },
      ],
      defaultEndpoint: { resourceType: "echo", namespace: "local" },
      resourceQueryMapping: { echo: { ...mapping, portName: "udp", proxyProtocol: "v2" } },
      tcp: { joinByAddress: false },
    }),
  );
  return { udp: made.dataPorts.udp ?? 0, tcp: made.dataPorts.tcp ?? 0 };
}

/** A question for the address of who.test (RFC 1035 section 4). */
const QUESTION = Buffer.concat([
  Buffer.from([0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0]),
  Buffer.from("\x03who\x04test\x00", "latin1"),
  Buffer.from([0, 1, 0, 1]),
]);
/** `REFUSED` or the last four bytes, which are the address. */
const answerOf = (reply: Buffer) =>
  ((reply[3] ?? 0) & 15) === 5 ? "REFUSED" : [...reply.subarray(-4)].join(".");

async function askUdp(t: TestContext, port: number, from: string, to: string): Promise<string> {
  const socket = createSocket(from.includes(":") ? "udp6" : "udp4").bind(0, from);
  await once(socket, "listening", within());
  t.after(() => socket.close());
  const reply = once(socket, "message", within());
  socket.send(QUESTION, port, to);
  return answerOf((await reply)[0]);
}

/** Sends over TCP from an address and returns everything that comes back until `done`. */
async function askTcp(
  port: number,
  from: string,
  to: string,
  question: Uint8Array | string,
  done: (reply: Buffer) => boolean,
) {
  const socket = connect({ port, host: to, localAddress: from });
  let reply: Buffer = Buffer.alloc(0);
  socket.write(question);
  while (!done(reply)) {
    const [piece] = (await once(socket, "data", within())) as [Buffer];
    reply = Buffer.concat([reply, piece]);
  }
  const port2 = socket.localPort;
  socket.destroy();
  return { reply, port: port2 };
}

test("Unbound sees the client behind the director, by UDP and TCP, IPv4 and IPv6", {
  skip: "missing" in unbound ? unbound.missing : false,
}, async (t) => {
  const port = await freePort();
  const config = `server:
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "FOLDER"
  pidfile: ""
  use-syslog: no
  module-config: "iterator"
  interface: 127.0.0.1
  port: ${port}
  proxy-protocol-port: ${port}
  access-control: 127.0.0.0/8 allow
  access-control: 127.0.0.3/32 refuse
  access-control: ::1/128 allow
  local-zone: "test." static
  local-data: "who.test. A 192.0.2.77"
remote-control:
  control-enable: no
`;
  await serve(t, "file" in unbound ? unbound.file : "", ["-d", "-p", "-c"], config, port);
  const { udp, tcp } = await director(t, port);
  const framed = Buffer.concat([Buffer.from([0, QUESTION.length]), QUESTION]);
  const whole = (reply: Buffer) => reply.length > 2 && reply.length >= 2 + reply.readUInt16BE(0);
  for (const [from, to, expected] of [
    ["127.0.0.2", "127.0.0.1", "192.0.2.77"],
    ["127.0.0.3", "127.0.0.1", "REFUSED"],
    ["::1", "::1", "192.0.2.77"],
  ] as const) {
    assert.equal(await askUdp(t, udp, from, to), expected, `UDP from ${from}`);
    const { reply } = await askTcp(tcp, from, to, framed, whole);
    assert.equal(answerOf(reply.subarray(2)), expected, `TCP from ${from}`);
  }
});

test("HAProxy sees the client's address and port behind the director", {
  skip: "missing" in haproxy ? haproxy.missing : false,
}, async (t) => {
  const port = await freePort();
  const config = `defaults
  mode http
  timeout connect 5s
  timeout client 20s
  timeout server 20s
frontend judge
  bind 127.0.0.1:${port} accept-proxy
  http-request return status 200 content-type text/plain lf-string "%[src] %[src_port] %[dst_port]"
`;
  await serve(t, "file" in haproxy ? haproxy.file : "", ["-db", "-f"], config, port);
  const { tcp } = await director(t, port);
  for (const [from, to] of [
    ["127.0.0.2", "127.0.0.1"],
    ["::1", "::1"],
  ] as const) {
    const request = "GET / HTTP/1.1\r\nHost: judge\r\n\r\n";
    const body = (reply: Buffer) => String(reply).split("\r\n\r\n")[1] ?? "";
    const told = await askTcp(
      tcp,
      from,
      to,
      request,
      (reply) => body(reply).split(" ").length === 3,
    );
    assert.equal(body(told.reply), `${from} ${told.port} ${tcp}`);
  }
});
