import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openWorkspace, type Workspace } from "./engine/index.ts";
import { assertNoOrphans, changesOf, succeeded } from "./testing/life-cycle.ts";
import { cloudPrograms } from "./testing/programs.ts";

describe("backends on AWS live on the real engine", () => {
  let workspace: Workspace;
  before(async () => {
    assert.ok(cloudPrograms.backends);
    workspace = await openWorkspace(cloudPrograms.backends);
  });
  after(() => workspace.close());

  test("up creates all of it without a warning, and a second one changes nothing", async () => {
    const { create } = succeeded(await workspace.up()).changes;
    assert.deepEqual((await workspace.world.read()).warnings, []);
    assert.deepEqual(await workspace.outputs(), { hostname: "http-app.backends.internal" });
    await assertNoOrphans(workspace);
    assert.deepEqual(succeeded(await workspace.up()).changes, { same: create });
  });

  test("a security group that a stack made, before the library had it, stays", async () => {
    const earlier = <T>(value: T): T =>
      JSON.parse(
        JSON.stringify(value).replaceAll(
          "pulumi-udp:aws:AwsBackendAccess",
          "udp:infra:AwsBackendAccess",
        ),
      );
    const [state, world] = [await workspace.exportDeployment(), await workspace.world.read()];
    assert.notDeepEqual(earlier(state), state);
    await workspace.importDeployment(earlier(state));
    await workspace.world.load(earlier(world));
    assert.deepEqual(Object.keys(succeeded(await workspace.up()).changes), ["same"]);
  });

  test("under another domain the tasks are registered anew, and stay", async () => {
    await workspace.configure({ domain: "apps.internal" });
    assert.deepEqual(changesOf(succeeded(await workspace.up())), [
      "replace PrivateDnsNamespace backends-namespace",
      "replace Service http-app-name",
      "update Service http-app-service",
    ]);
    assert.deepEqual(await workspace.outputs(), { hostname: "http-app.apps.internal" });
    const [service] = await workspace.world.find("ecs/service:Service");
    const [name] = await workspace.world.find("servicediscovery/service:Service");
    assert.deepEqual(service?.inputs.serviceRegistries, { registryArn: name?.outputs.arn });
    await assertNoOrphans(workspace);
  });

  test("destroy leaves nothing", async () => {
    succeeded(await workspace.destroy());
    assert.deepEqual((await workspace.world.read()).objects, []);
  });
});
