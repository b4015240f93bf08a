import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { goTool } from "../../toolchain/go-tool.ts";
import { freePorts } from "../testing/free-port.ts";
import type { Json } from "../testing/mocks.ts";
import {
  driftReport,
  dynamicConfig,
  expectedRoutes,
  type FileRoute,
  Protocol,
  servedRoutes,
  staticConfig,
  type TraefikApi,
} from "./index.ts";

const LOOPBACK = "127.0.0.1";
const say = (line: string) => process.stderr.write(`${line}\n`);

/** A Traefik of its own with a pool of one TCP and one UDP port, and files of ours. */
async function traefik(t: TestContext, udpIdleSeconds: number) {
  const program = await goTool("traefik", say, { takes: "6 minutes" });
  const folder = await mkdtemp(path.join(tmpdir(), "traefik-"));
  const [tcp = 0, udp = 0, apiPort = 0] = await freePorts(3);
  const pools = { tcp: { from: tcp, to: tcp }, udp: { from: udp, to: udp } };
  const dynamicFile = path.join(folder, "dynamic.yaml");
  const write = async (routes: readonly FileRoute[]) => {
    // As a whole, or Traefik reads half of it.
    await writeFile(`${dynamicFile}.new`, dynamicConfig(routes, pools));
    await rename(`${dynamicFile}.new`, dynamicFile);
  };
  await write([]);
  const staticFile = path.join(folder, "traefik.yaml");
  await writeFile(
    staticFile,
    staticConfig({ pools, dynamicFile, udpIdleSeconds, listen: LOOPBACK, apiPort }),
  );
  const child = spawn(program, [`--configFile=${staticFile}`], { stdio: "ignore" });
  t.after(async () => {
    await ended(child);
    await rm(folder, { recursive: true });
  });
  const get = async (what: string): Promise<Json> =>
    (await fetch(`http://${LOOPBACK}:${apiPort}/api/${what}`)).json();
  const api = async (): Promise<TraefikApi> => ({
    tcpRouters: await get("tcp/routers"),
    tcpServices: await get("tcp/services"),
    udpRouters: await get("udp/routers"),
    udpServices: await get("udp/services"),
  });
  /** Writes routes and waits until Traefik serves them, by the report itself. */
  const serve = async (routes: readonly FileRoute[]) => {
    await write(routes);
    let lines: readonly string[] = ["Traefik does not answer"];
    for (let left = 200; left > 0; left--) {
      await pause(50);
      const served = await api().catch(() => undefined);
      if (served !== undefined) {
        const report = driftReport(expectedRoutes(routes), servedRoutes(served), true);
        if (report.inSync) return;
        lines = report.lines;
      }
    }
    assert.fail(lines.join("\n"));
  };
  return { tcp, udp, serve, api };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.kill("SIGTERM")) {
    await once(child, "exit");
  }
}

/** A UDP backend that answers with the port that it sees: a session of Traefik has one of its own. */
async function backend(t: TestContext): Promise<number> {
  const socket = createSocket("udp4");
  socket.on("message", (_, { port, address }) => socket.send(String(port), port, address));
  socket.bind(0, LOOPBACK);
  await once(socket, "listening");
  t.after(() => socket.close());
  return socket.address().port;
}

async function asked(client: Socket, port: number): Promise<string> {
  client.send("?", port, LOOPBACK);
  const [message] = (await once(client, "message", { signal: AbortSignal.timeout(5000) })) as [
    Buffer,
  ];
  return message.toString();
}

function client(t: TestContext): Socket {
  const socket = createSocket("udp4");
  t.after(() => socket.close());
  return socket;
}

test("trap 30: a silent UDP session of a real Traefik lives as long as the file says", async (t) => {
  const target = await backend(t);
  const [long, short] = await Promise.all([traefik(t, 60), traefik(t, 1)]);
  const route = (port: number): FileRoute => ({
    name: "echo",
    protocol: Protocol.Udp,
    port,
    upstreams: [`${LOOPBACK}:${target}`],
  });
  await Promise.all([long.serve([route(long.udp)]), short.serve([route(short.udp)])]);
  const [one, two] = [client(t), client(t)];
  const before = [await asked(one, long.udp), await asked(two, short.udp)];
  // Longer than Traefik's own default of 3 seconds.
  await pause(4500);
  assert.equal(await asked(one, long.udp), before[0], "60 seconds: the same session");
  assert.notEqual(await asked(two, short.udp), before[1], "1 second: another one");
});

test("trap 33: a route more ends no session, and a report tells what Traefik serves", async (t) => {
  const target = await backend(t);
  const { tcp, udp, serve, api } = await traefik(t, 60);
  const greeter = createServer((socket) => socket.end("5.7 MySQL"));
  greeter.listen(0, LOOPBACK);
  await once(greeter, "listening");
  t.after(() => greeter.close());
  const dns: FileRoute = {
    name: "dns",
    protocol: Protocol.Udp,
    port: udp,
    upstreams: [`${LOOPBACK}:${target}`],
  };
  const mysql: FileRoute = {
    name: "mysql",
    protocol: Protocol.Tcp,
    port: tcp,
    upstreams: [`${LOOPBACK}:${(greeter.address() as AddressInfo).port}`],
  };
  await serve([dns]);
  const player = client(t);
  const session = await asked(player, udp);
  await serve([dns, mysql]);
  // The server speaks first, and without a TLS name nobody waits for the client.
  const socket = connect(tcp, LOOPBACK);
  const [greeting] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  assert.equal(greeting.toString(), "5.7 MySQL");
  assert.equal(await asked(player, udp), session);

  const served = servedRoutes(await api());
  const report = driftReport(expectedRoutes([dns]), served);
  assert.equal(report.inSync, false);
  assert.match(report.lines.join(), /^mysql \(tcp-\d+\) is served, but no route here says so/);
});
