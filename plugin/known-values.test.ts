import assert from "node:assert/strict";
import { test } from "node:test";
import { InputPropertyError, Output, output, secret } from "@pulumi/pulumi";
import { knownValues } from "./known-values.ts";
import { schema } from "./schema.ts";

const inputs = (component: string) =>
  schema.resources[`pulumi-udp:${component}`]?.inputProperties ?? assert.fail(component);
const PORT = { name: "game", port: 7777, protocol: "UDP" };
/** An output as a preview has it of a resource that does not exist yet. */
const unknown = () =>
  new (Output as unknown as new (...args: unknown[]) => Output<never>)(
    [],
    Promise.resolve(undefined),
    Promise.resolve(false),
    Promise.resolve(false),
    Promise.resolve([]),
  );

async function refused(given: Record<string, unknown>, propertyPath: string, reason: RegExp) {
  await assert.rejects(knownValues(inputs("aks:AksUdpLoadBalancer"), given), (error) => {
    assert.ok(InputPropertyError.isInstance(error));
    assert.equal(error.propertyPath, propertyPath);
    assert.match(error.reason, reason);
    return true;
  });
}

test("what a component needs at once is waited for, at any depth", async () => {
  const given = { ports: output([PORT, { ...PORT, name: "voice", port: output(7778) }]) };
  const { ports } = await knownValues(inputs("aks:AksUdpLoadBalancer"), given);
  assert.deepEqual(ports, [PORT, { ...PORT, name: "voice", port: 7778 }]);
  const each = await knownValues(inputs("aks:AksUdpLoadBalancer"), {
    ports: [{ ...PORT, port: output(7779) }],
    sourceRanges: [output("10.0.0.0/8")],
    skipAwait: output(true),
  });
  assert.deepEqual(each, {
    ports: [{ ...PORT, port: 7779 }],
    sourceRanges: ["10.0.0.0/8"],
    skipAwait: true,
  });
});

test("what may come later stays an output, with its secret", async () => {
  const token = secret("s3cret");
  const later = await knownValues(inputs("director:UdpDirector"), {
    secretEnv: { TOKEN: token },
    image: unknown(),
  });
  assert.equal((later.secretEnv as { TOKEN: unknown }).TOKEN, token);
  assert.ok(Output.isInstance(later.image));
});

test("an input that may come later is an output again where its holder came as one", async () => {
  const { cluster } = await knownValues(inputs("aks:AksStaticIp"), {
    cluster: output({ name: "prod-aks", resourceGroup: "prod" }),
  });
  const { name } = cluster as { name: Output<string> };
  assert.ok(Output.isInstance(name));
  assert.equal(await new Promise((resolve) => name.apply(resolve)), "prod-aks");
});

test("what is needed at once is refused by its place when it is unknown or secret", async () => {
  await refused({ ports: unknown() }, "ports", /not known before/);
  await refused({ ports: [{ ...PORT, port: unknown() }] }, "ports[0].port", /not known before/);
  await refused({ serviceName: secret("x") }, "serviceName", /is a secret/);
});
