import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { echoResource, testEcho } from "../testing/director.ts";
import { freePorts } from "../testing/free-ports.ts";
import { type LabHost, thisHost } from "../testing/lab/lab.ts";
import { startLabDirector } from "../testing/lab/lab-director.ts";
import { podMapping } from "../testing/pod-mapping.ts";

/** More clients than a process with so many open files can have sockets for. */
const OPEN_FILES = 90;
const CLIENTS = 150;
const TIMEOUT_SECONDS = 3;

/** This machine, where a program may open few files. */
const scarce: Pick<LabHost, "run" | "start"> = {
  run: thisHost.run,
  start: (command, args, env) =>
    spawn("sh", ["-c", `ulimit -n ${OPEN_FILES}; exec "$0" "$@"`, command, ...args], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...env },
    }),
};

for (const enabled of [false, true]) {
  test(`out of descriptors a director serves whom it can, ${enabled ? "natively" : "by node:dgram"}`, async (t) => {
    const echo = await testEcho(t, "a");
    const [dataPort = 0, queryPort = 0, metricsPort = 0] = await freePorts(3);
    const director = await startLabDirector(scarce, {
      ...{ listen: ["127.0.0.1"], metricsListen: ["127.0.0.1"], queryPort, metricsPort },
      discovery: { static: { resources: [echoResource("a", echo.port)] } },
      resourceQueryMapping: {
        echo: podMapping,
      },
      dataPorts: [{ name: "game", port: dataPort, protocol: "udp" }],
      defaultEndpoint: { resourceType: "echo", namespace: "local" },
      protection: { newSessionsPerSecond: 0 },
      sessionTimeoutSeconds: TIMEOUT_SECONDS,
      native: { enabled, workers: 1 },
    });
    t.after(() => director.stop());
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        const socket = createSocket("udp4");
        t.after(() => socket.close());
        const client = { socket, answers: 0 };
        socket.on("message", () => client.answers++);
        socket.connect(dataPort, "127.0.0.1");
        await once(socket, "connect");
        return client;
      }),
    );
    for (let round = 0; round < 3; round++) {
      for (const { socket } of clients) socket.send("x");
      await wait(200);
    }
    const served = clients.filter(({ answers }) => answers > 0);
    assert.ok(served.length > 10 && served.length < CLIENTS, `${served.length} are served`);
    const answered = async (client: (typeof clients)[number]) => {
      const before = client.answers;
      client.socket.send("y");
      const deadline = performance.now() + 2000;
      while (client.answers === before && performance.now() < deadline) await wait(5);
      return client.answers > before;
    };
    for (const client of served) {
      assert.ok(await answered(client), "one that was served is not any more");
    }
    // Once they are silent others have their turn.
    await wait((TIMEOUT_SECONDS + 2) * 1000);
    const other = clients.find(({ answers }) => answers === 0);
    assert.ok(other && (await answered(other)), "another one is served later");
    const failed = 'udp_director_errors_total{error_type="backend_socket",component="proxy"}';
    assert.ok(((await director.metric(failed)) ?? 0) >= CLIENTS - served.length);
  });
}
