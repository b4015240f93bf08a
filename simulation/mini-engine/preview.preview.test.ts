import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Provider, UNKNOWN } from "../../components/provider/index.ts";
import { isSecret, type PreviewResult, plain, preview } from "./index.ts";

const projectDir = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "test-program");
const dev = { projectDir, stack: "dev", world: { zones: ["example.com"] } };

const mistake = (name: string, more: { providers?: readonly Provider[] } = {}) =>
  preview({ ...dev, main: "mistakes.ts", config: { case: name }, ...more });

function named(result: PreviewResult, type: string, name?: string) {
  const found = result.resources.filter(
    (resource) => resource.type.endsWith(type) && (name === undefined || resource.name === name),
  );
  assert.equal(
    found.length,
    1,
    `${type} ${name ?? ""} among ${result.resources.map(({ urn }) => urn).join("\n")}`,
  );
  const [resource] = found;
  assert.ok(resource);
  return resource;
}

const errors = (result: PreviewResult): string =>
  result.diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ urn, message }) => `${urn} ${message}`)
    .join("\n");

test("a program is previewed with unknowns, parents, dependencies and secrets", async () => {
  const result = await preview({ ...dev, config: { port: 9000 } });
  assert.equal(result.exitCode, 0, errors(result) + result.terminal);
  assert.equal(errors(result), "");
  assert.equal(result.resources.length, 11);

  const address = named(result, ":PublicIPAddress");
  assert.equal(address.outputs.ipAddress, UNKNOWN);
  assert.equal(address.inputs.resourceGroupName, UNKNOWN);
  assert.equal(address.inputs.location, "westeurope", "from the project's configuration");
  assert.match(String(address.inputs.publicIpAddressName), /^edge[0-9a-f]{8}$/);

  const service = named(result, ":Service");
  assert.equal(
    service.urn,
    "urn:pulumi:dev::simulated::simulated:index:Workload$kubernetes:core/v1:Service::echo",
  );
  assert.equal(service.parent, "urn:pulumi:dev::simulated::simulated:index:Workload::echo");
  assert.deepEqual((service.inputs.spec as { ports: unknown }).ports, [
    { name: "udp", port: 9000, protocol: "UDP" },
  ]);
  assert.ok(service.dependencies.includes(named(result, ":RoleAssignment").urn));

  const record = named(result, ":DnsRecord");
  assert.equal(record.inputs.content, UNKNOWN);
  assert.deepEqual(record.propertyDependencies.content, [address.urn]);
  assert.match(String(record.inputs.zoneId), /^[0-9a-f]{32}$/);

  const role = named(result, ":RoleAssignment");
  assert.match(
    String(role.inputs.principalId),
    /^[0-9a-f-]{36}$/,
    "looked up, so known in a preview",
  );

  const { spec } = named(result, ":Deployment").inputs;
  const containers = (spec as { template: { spec: { containers: never } } }).template.spec
    .containers;
  assert.ok(isSecret(containers), "the list around a secret is one");
  assert.deepEqual((plain(containers) as { env: unknown }[])[0]?.env, [
    { name: "TOKEN", value: "s3cret" },
  ]);

  assert.equal(result.outputs.ip, UNKNOWN);
  assert.equal(result.outputs.ingress, UNKNOWN);
  assert.ok(isSecret(result.outputs.sealed));
});

test("two previews of one program are the same", async () => {
  const [first, second] = await Promise.all([preview(dev), preview(dev)]);
  const byUrn = (result: PreviewResult) =>
    Object.fromEntries(result.resources.map(({ urn, inputs }) => [urn, inputs]));
  assert.deepEqual(byUrn(first), byUrn(second));
});

test("every option of a resource is recorded", async () => {
  const result = await mistake("options");
  assert.equal(result.exitCode, 0, errors(result));
  const first = named(result, ":ConfigMap").urn;
  const record = named(result, ":DnsRecord");
  const {
    protect,
    ignoreChanges,
    deleteBeforeReplace,
    retainOnDelete,
    additionalSecretOutputs,
    dependencies,
    aliases,
  } = record;
  assert.deepEqual(
    {
      protect,
      ignoreChanges,
      deleteBeforeReplace,
      retainOnDelete,
      additionalSecretOutputs,
      dependencies,
    },
    {
      protect: true,
      ignoreChanges: ["ttl"],
      deleteBeforeReplace: true,
      retainOnDelete: true,
      additionalSecretOutputs: ["content"],
      dependencies: [first],
    },
  );
  assert.match(aliases.join(), /old/);
  assert.ok(isSecret(record.outputs.content));
  assert.equal(named(result, ":ConfigMap").protect, false);
  assert.equal(named(result, ":ConfigMap").deleteBeforeReplace, undefined);
});

test("components nest in URNs, and their outputs are kept", async () => {
  const result = await mistake("nested");
  assert.equal(
    named(result, ":ConfigMap").urn,
    "urn:pulumi:dev::simulated::simulated:index:Outer$simulated:index:Inner$kubernetes:core/v1:ConfigMap::outer-inner",
  );
  assert.deepEqual(named(result, ":Inner").outputs, { told: "inner" });
});

test("transforms of the stack and of a component reach every child", async () => {
  const result = await mistake("transforms");
  assert.equal(result.exitCode, 0, errors(result) + result.terminal);
  const map = named(result, ":ConfigMap");
  assert.deepEqual(map.inputs.data, { stack: "yes" });
  assert.equal(map.protect, true);
  assert.equal(map.parent, named(result, ":Inner").urn);
  assert.equal(result.resources.find(({ type }) => type.endsWith(":Stack"))?.protect, false);
});

for (const [name, expected] of [
  [
    "duplicate",
    /Duplicate resource URN 'urn:pulumi:dev::simulated::kubernetes:core\/v1:ConfigMap::twice'/,
  ],
  ["misspelt", /spec\.ports\[0\]\.prot: unknown property "prot"; did you mean "port"\?/],
  ["two mistakes", /port: Invalid value: 0.*externalTrafficPolicy: Invalid value: "Local"/],
  ["unknown type", /azure-native 3\.\S+ has no resource azure-native:compute:VirtualMachine/],
  [
    "unknown provider",
    /there is no simulated provider "gcp" \(there are: azure-native, aws, kubernetes, cloudflare, digitalocean\)/,
  ],
  ["unknown function", /has no function cloudflare:index\/getMagic:getMagic/],
  ["get", /resource '\/subscriptions\/none' does not exist/],
  ["throws", /the program's own mistake/],
] as const) {
  test(`a program fails by name: ${name}`, async () => {
    const result = await mistake(name);
    assert.notEqual(result.exitCode, 0);
    assert.match(errors(result) + result.terminal, expected);
  });
}

test("a provider's warning is a diagnostic and no failure", async () => {
  const result = await mistake("warns");
  assert.equal(result.exitCode, 0, errors(result));
  const warnings = result.diagnostics.filter(({ severity }) => severity === "warning");
  assert.match(warnings.map(({ message }) => message).join(), /lb: UDP ports .* no health probe/);
});

test("providers of the caller's own answer for their types", async () => {
  const asked: string[] = [];
  const local: Provider = {
    name: "local",
    version: "1.0.0",
    resource: (type) =>
      type === "local:index:Process"
        ? {
            diff: () => ({ changes: {} }),
            create: ({ inputs, preview: dry }) => {
              asked.push(`${dry} ${inputs.token}`);
              return { id: "", outputs: { ...inputs, pid: UNKNOWN } };
            },
            read: () => undefined,
            update: ({ inputs }) => inputs,
            delete: () => {},
          }
        : undefined,
  };
  const result = await mistake("own provider", { providers: [local] });
  assert.equal(result.exitCode, 0, errors(result));
  assert.deepEqual(asked, ["true s3cret"], "in the clear, as the engine gives it to a provider");
  const process = named(result, ":Process");
  assert.ok(isSecret(process.inputs.token) && isSecret(process.outputs.token));
  assert.equal(result.outputs.result, UNKNOWN);
});

test("a provider whose configuration is unknown is not asked", async () => {
  const result = await mistake("unknown kubeconfig");
  assert.equal(result.exitCode, 0, errors(result));
  assert.equal(result.outputs.result, UNKNOWN);
});

test("a program that does not end is ended", async () => {
  const started = performance.now();
  const result = await preview({ ...dev, main: "endless.ts", timeoutMs: 1500 });
  assert.notEqual(result.exitCode, 0);
  assert.match(result.terminal, /ended by SIGKILL \(the limit is 1500 ms\)/);
  assert.ok(performance.now() - started < 10_000);
});
