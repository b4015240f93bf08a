import { containsCidr } from "cidr-tools";
import { z } from "zod";
import { block, expected, flag, listOf, oneOf, pattern, text, whole } from "./fields.ts";

/** What AKS takes for the name of a pool of Linux nodes. */
const POOL_NAME = /^[a-z][a-z0-9]{0,11}$/;
const REGION = /^[a-z]+[a-z0-9]*$/;

const cidr = (what: string) => z.cidrv4({ error: expected(what) });

const nodes = block({
  name: pattern(POOL_NAME, "a name of 1 to 12 of a-z and 0-9, a letter first"),
  vmSize: text('a size such as "Standard_D2s_v5"').default("Standard_D2s_v5"),
  count: whole(1, 1000, "a number of nodes").default(3),
  /** Fixed once the pool is made. */
  zones: z
    .array(oneOf(["1", "2", "3"]), { error: expected('a list of zones, such as ["1", "2"]') })
    .default([]),
  /** Receive buffer of UDP sockets. Fixed once the pool is made. */
  receiveBufferBytes: whole(212_992, 134_217_728, "a number of bytes").exactOptional(),
});

const network = block({
  addressSpace: cidr('an IPv4 network such as "10.10.0.0/16"'),
  nodeSubnet: cidr('an IPv4 network inside addressSpace, such as "10.10.0.0/20"'),
}).superRefine(({ addressSpace, nodeSubnet }, context) => {
  if (!containsCidr(addressSpace, nodeSubnet)) {
    context.addIssue({
      code: "custom",
      path: ["nodeSubnet"],
      message: `"${nodeSubnet}" is not allowed: give a network inside addressSpace, ${addressSpace}`,
    });
  }
});

/** A cluster that the stack makes. */
export const newCluster = block({
  location: pattern(REGION, 'an Azure region such as "westeurope"'),
  kubernetesVersion: text('a version such as "1.34"').exactOptional(),
  nodes: listOf(nodes, "{ name, vmSize, count }")
    .default([{ name: "system", vmSize: "Standard_D2s_v5", count: 3, zones: [] }])
    .superRefine((pools, context) => {
      for (const [index, { name }] of pools.entries()) {
        if (pools.findIndex((other) => other.name === name) < index) {
          const message = `"${name}" is not allowed: another pool has this name`;
          context.addIssue({ code: "custom", path: [index, "name"], message });
        }
      }
    }),
  dataplane: oneOf(["cilium", "azure"]).default("cilium"),
  /** Left out: AKS makes the network. */
  network: network.exactOptional(),
  lockNodeResourceGroup: flag().default(true),
});

const clusterFields = block({
  name: text('the AKS cluster\'s name, for example "prod-aks"').exactOptional(),
  resourceGroup: text("the resource group that the cluster is in").exactOptional(),
  create: newCluster.exactOptional(),
});

/** Either the name and group of a cluster, or what to make one of. */
const oneOfTheTwo = z.check<z.output<typeof clusterFields>>((payload) => {
  const given = payload.value as Readonly<Record<string, unknown>>;
  const refuse = (key: string, message: string) =>
    payload.issues.push({ code: "custom", path: [key], message, input: given });
  for (const [key, what] of [
    ["name", 'the AKS cluster\'s name, for example "prod-aks"'],
    ["resourceGroup", "the resource group that the cluster is in"],
  ] as const) {
    if (given.create === undefined && given[key] === undefined) {
      refuse(key, `is missing: give ${what}`);
    } else if (given.create !== undefined && given[key] !== undefined) {
      refuse(key, "is not allowed together with create: AKS and this program choose it");
    }
  }
});
// Runs whatever else is wrong: one error lists every mistake.
oneOfTheTwo._zod.def.when = ({ value }) => typeof value === "object" && value !== null;

/** The cluster of a stack: one that exists, or one that the stack makes. */
export const clusterSettings = clusterFields.check(oneOfTheTwo);
