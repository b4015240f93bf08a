import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import type { Endpoint } from "pulumi-udp/endpoint";
import { openWorkspace, type Workspace } from "../../simulation/engine/index.ts";

const projectDir = path.resolve(import.meta.dirname, "../../examples/application");

describe("an application's stack reads the endpoint of another stack", () => {
  let edge: Workspace;
  let application: Workspace;
  before(async () => {
    edge = await openWorkspace({ stack: "do-nyc1" });
    application = await openWorkspace({
      ...{ projectDir, stack: "prod", beside: edge },
      config: { edge: "organization/udp/do-nyc1", zone: "example.org" },
    });
  });
  after(async () => {
    await application?.close();
    await edge?.close();
  });

  test("before the other stack is there, the refusal says what to do", async () => {
    const { succeeded, terminal } = await application.preview();
    assert.equal(succeeded, false);
    assert.match(terminal, /organization\/udp\/do-nyc1|endpoint: is no output of that stack/);
  });

  test("its addresses and ports reach the application's ConfigMap and name", async () => {
    const deployed = await edge.up();
    assert.ok(deployed.succeeded, deployed.terminal);
    const { endpoint } = (await edge.outputs()) as { endpoint: Endpoint };
    const { succeeded, terminal } = await application.up();
    assert.ok(succeeded, terminal);
    const state = await application.exportState();
    const inputs = (type: string) => state.find((one) => one.type.endsWith(type))?.inputs;
    assert.deepEqual(inputs(":ConfigMap")?.data, {
      UDP_ADDRESSES: endpoint.addresses.join(","),
      UDP_PORTS: "4433,4434",
    });
    assert.equal(inputs(":DnsRecord")?.content, endpoint.addresses[0]);
    assert.deepEqual(await application.outputs(), {
      hostname: "voice.example.org",
      ports: endpoint.ports,
    });
  });

  test("an output that is no endpoint is refused by its name", async () => {
    await application.configure({ edge: "organization/application/prod" });
    const { succeeded, terminal } = await application.preview();
    assert.equal(succeeded, false);
    assert.match(terminal, /endpoint: is no output of that stack: deploy it first/);
  });
});
