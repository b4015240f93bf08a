import assert from "node:assert/strict";
import { test } from "node:test";
import { fillImportFile } from "./import-file.ts";
import { readListing } from "./listings.ts";
import { type PreviewJson, UNKNOWN } from "./preview-json.ts";

const SERVICE = "kubernetes:core/v1:Service";
const ADDRESS = "azure-native:network:PublicIPAddress";
const ROLE = "azure-native:authorization:RoleAssignment";
const RECORD = "cloudflare:index/dnsRecord:DnsRecord";
const ZONE = "f".repeat(32);

const INPUTS: readonly [type: string, name: string, inputs: object][] = [
  [SERVICE, "web", { metadata: { name: "web", namespace: "default" } }],
  [
    SERVICE,
    "inner",
    {
      metadata: {
        name: "inner-11111111",
        namespace: "default",
        annotations: { "pulumi.com/autonamed": "true" },
      },
    },
  ],
  [ADDRESS, "udp-ip", { publicIpAddressName: "udp-ip0a0b0c0d" }],
  [ADDRESS, "fixed", { publicIpAddressName: "Edge" }],
  [ROLE, "grant", { principalId: "P1", roleDefinitionId: "/providers/x/roleDefinitions/r1" }],
  [RECORD, "udp-a", { zoneId: ZONE, name: "udp.example.com", type: "A" }],
];
const preview = {
  steps: INPUTS.map(([type, name, inputs]) => ({
    ...{ op: "create", urn: `urn:pulumi:debug::udp::a:b:C$${type}::${name}` },
    newState: { custom: true, type, inputs },
  })),
} as PreviewJson;
const template = {
  resources: [
    { type: "a:b:C", name: "part", component: true },
    ...INPUTS.map(([type, name]) => ({ type, name, id: "<PLACEHOLDER>" })),
  ],
};

const service = (name: string) => ({
  ...{ apiVersion: "v1", kind: "Service" },
  metadata: { name, namespace: "default" },
});
const kubectl = (...names: string[]) => ({ kind: "List", items: names.map(service) });
const azure = (type: string, name: string, rest: object = {}) => ({
  ...{ id: `/subscriptions/s/resourceGroups/g/providers/${type}/${name}`, name, type, ...rest },
});
const NETWORK = "Microsoft.Network/publicIPAddresses";
const az = [
  azure(NETWORK, "udp-ipffffffff"),
  azure(NETWORK, "edge"),
  azure("Microsoft.Authorization/roleAssignments", "guid", {
    principalId: "p1",
    roleDefinitionId: "/subscriptions/s/providers/x/roleDefinitions/r1",
  }),
];
const records = { result: [{ id: "r1", name: "udp.example.com", type: "A" }] };

test("each listing gives its identifiers, drawn ends of names or not", () => {
  const listed = [
    ...readListing(kubectl("web", "inner-22222222", "inner-other")),
    ...readListing(az),
    ...readListing(records, ZONE),
  ];
  const { file, open } = fillImportFile(template, preview, listed);
  assert.deepEqual(open, []);
  assert.deepEqual(
    file.resources.map(({ name, id }) => `${name} ${id}`),
    [
      "part undefined",
      "web default/web",
      "inner default/inner-22222222",
      `udp-ip /subscriptions/s/resourceGroups/g/providers/${NETWORK}/udp-ipffffffff`,
      `fixed /subscriptions/s/resourceGroups/g/providers/${NETWORK}/edge`,
      "grant /subscriptions/s/resourceGroups/g/providers/Microsoft.Authorization/roleAssignments/guid",
      `udp-a ${ZONE}/r1`,
    ],
  );
});

test("what is not found, or found twice, is a person's to decide, and what is given wins", () => {
  const listed = readListing(kubectl("inner-22222222", "inner-33333333"));
  const { file, open } = fillImportFile(template, preview, listed, {
    [`${RECORD} udp-a`]: "given",
    fixed: "by name",
  });
  assert.deepEqual(
    file.resources.map(({ name }) => name),
    ["part", "fixed", "udp-a"],
  );
  assert.deepEqual(open, [
    { resource: `${SERVICE} web`, candidates: [] },
    {
      resource: `${SERVICE} inner`,
      candidates: ["default/inner-22222222", "default/inner-33333333"],
    },
    { resource: `${ADDRESS} udp-ip`, candidates: [] },
    { resource: `${ROLE} grant`, candidates: [] },
  ]);
});

test("another document, or records without their zone, are refused", () => {
  assert.throws(() => readListing({ kind: "Pod" }), /neither a List of kubectl/);
  assert.throws(() => readListing([{ id: "x" }]), /neither/);
  assert.throws(() => readListing(records), /name the zone's identifier/);
});

test("a role that the preview does not know yet is the only one, or a person's to decide", () => {
  const unknown = { principalId: "P1", roleDefinitionId: UNKNOWN };
  const step = {
    ...{ op: "create", urn: `urn:pulumi:debug::udp::${ROLE}::grant` },
    newState: { custom: true, type: ROLE, inputs: unknown },
  };
  const one = { resources: [{ type: ROLE, name: "grant", id: "<PLACEHOLDER>" }] };
  assert.deepEqual(fillImportFile(one, { steps: [step] }, readListing(az)).open, []);
  const other = azure("Microsoft.Authorization/roleAssignments", "other", {
    principalId: "P1",
    roleDefinitionId: "/x/r2",
  });
  const { open } = fillImportFile(one, { steps: [step] }, readListing([...az, other]));
  assert.equal(open[0]?.candidates.length, 2);
});
