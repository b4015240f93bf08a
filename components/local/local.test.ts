import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { InputPropertyError } from "@pulumi/pulumi";
import { type Json, resolved, run } from "../testing/mocks.ts";
import {
  LocalEchoBackend,
  LocalEndpointDirectory,
  LocalUdpDirector,
  type LocalUdpDirectorArgs,
} from "./index.ts";

const STATE = "/tmp/state";
const DIRECTOR: LocalUdpDirectorArgs = {
  stateDir: STATE,
  queryPort: { port: 9000, setting: "query" },
  dataPort: { port: 7777, setting: "data" },
  metricsPort: { port: 9090, setting: "metrics" },
  config: {
    resourceQueryMapping: {
      echo: {
        group: "",
        version: "v1",
        resource: "pods",
        addressPath: "status.address",
        portName: "udp",
      },
    },
    discovery: { static: { resources: [] } },
  },
};

test("the director's process gets its configuration, its ports and its health check", async () => {
  const { one, result } = await run(() => new LocalUdpDirector("director", DIRECTOR));
  const { inputs, parent } = one("director-process");
  assert.match(parent, /LocalUdpDirector::director$/);
  assert.equal(inputs.workDir, path.join(STATE, "director-process"));
  assert.deepEqual(inputs.command.slice(2), ["serve", "--config", "config.yaml"]);
  assert.deepEqual(
    inputs.listens.map(({ protocol, port, setting }: Json) => `${protocol} ${port} ${setting}`),
    ["TCP 9000 query", "UDP 7777 data", "TCP 9090 metrics"],
  );
  assert.deepEqual(inputs.health, { http: "http://127.0.0.1:9090/readyz" });
  const config = JSON.parse(inputs.files["config.yaml"]);
  assert.deepEqual([config.listen, config.queryPort, config.dataPort], [["127.0.0.1"], 9000, 7777]);
  assert.deepEqual(await resolved(result.endpoint), {
    addresses: ["127.0.0.1"],
    ports: [
      { name: "query", port: 9000, protocol: "TCP" },
      { name: "data", port: 7777, protocol: "UDP" },
    ],
  });
});

test("an IPv6 address stands in brackets in URLs only", async () => {
  const { one, result } = await run(
    () => new LocalUdpDirector("director", { ...DIRECTOR, address: "::1" }),
  );
  assert.equal(await resolved(result.metrics), "http://[::1]:9090/metrics");
  assert.deepEqual((await resolved(result.endpoint)).addresses, ["::1"]);
  assert.equal(one("director-process").inputs.listens[0].host, "::1");
});

test("a wrong configuration is refused before anything is registered", async () => {
  const wrong = { ...DIRECTOR.config, tokenTtlSeconds: 0 };
  const { resources } = await run(() => {
    assert.throws(
      () => new LocalUdpDirector("director", { ...DIRECTOR, config: wrong }),
      (error) =>
        InputPropertyError.isInstance(error) &&
        error.propertyPath === "config" &&
        /tokenTtlSeconds/.test(error.reason),
    );
  });
  assert.deepEqual(resources, []);
});

test("a backend answers with its label and is healthy when it echoes", async () => {
  const args = { stateDir: STATE, port: 9101, portSetting: "echoA", label: "echo-a" };
  const { one } = await run(() => new LocalEchoBackend("echo-a", args));
  const { inputs } = one("echo-a-process");
  assert.deepEqual(inputs.command.slice(2), [
    ...["echo", "--host", "127.0.0.1", "--port", "9101", "--label", "echo-a"],
  ]);
  assert.deepEqual(inputs.health, { udpEcho: { host: "127.0.0.1", port: 9101 } });
  assert.match(inputs.triggers.source, /^[0-9a-f]{16}$/);
});

test("the directory lists endpoints as the director's contract gives them", async () => {
  const { one, result } = await run(() => {
    const director = new LocalUdpDirector("director", DIRECTOR);
    return new LocalEndpointDirectory("directory", {
      stateDir: STATE,
      port: { port: 8080, setting: "directory" },
      endpoints: [
        { name: "echo", endpoint: director.endpoint, healthUrl: "http://127.0.0.1:9090/readyz" },
      ],
    });
  });
  assert.deepEqual(JSON.parse(one("directory-process").inputs.files["directory.yaml"]), {
    listen: ["127.0.0.1"],
    port: 8080,
    endpoints: [
      {
        name: "echo",
        addresses: ["127.0.0.1"],
        ports: [
          { name: "query", port: 9000, protocol: "TCP" },
          { name: "data", port: 7777, protocol: "UDP" },
        ],
        health: { url: "http://127.0.0.1:9090/readyz", intervalSeconds: 2 },
      },
    ],
  });
  assert.equal(await resolved(result.url), "http://127.0.0.1:8080/v1/endpoints");
});
