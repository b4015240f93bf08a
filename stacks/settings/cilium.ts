import { Exposure } from "pulumi-udp/endpoint";
import { z } from "zod";
import { checkPoolRanges } from "../../components/kubernetes/address-ranges.ts";
import { inRanges } from "../../components/kubernetes/ranges.ts";
import { tell } from "./checked.ts";
import { clusterAccess } from "./cluster-access.ts";
import { checkProbes, directoryOnAddress } from "./directory.ts";
import { dns } from "./dns.ts";
import {
  block,
  expected,
  flag,
  ipAddress,
  listOf,
  namespaceName,
  objectName,
  oneOf,
  pattern,
  portNumber,
  text,
  textMap,
  whole,
} from "./fields.ts";
import { addressRanges, neighbours } from "./metallb-network.ts";
import { ports } from "./ports.ts";

const tls = block({
  /** PEM text. */
  certificate: text("a certificate, PEM text").exactOptional(),
  /** A secret, PEM text. */
  key: text("a key, PEM text, as a secret").exactOptional(),
  /** A Secret of type kubernetes.io/tls that is there. */
  secretName: text("a Secret's name").exactOptional(),
}).superRefine(({ certificate, key, secretName }, context) => {
  if ((certificate === undefined) !== (key === undefined)) {
    context.addIssue({ code: "custom", path: ["key"], message: "goes with certificate" });
  }
  if ((key === undefined) === (secretName === undefined)) {
    const message = "and key: give exactly one of the two";
    context.addIssue({ code: "custom", path: ["secretName"], message });
  }
});

const workload = block({
  /** Name of the pods, and of their Service inside the cluster. */
  name: objectName(),
  image: text("an image with a tag or digest"),
  command: z.array(text("an argument"), { error: expected("a list of arguments") }).default([]),
  environment: textMap("variables to their text").default({}),
  replicas: whole(0, 100, "pods").default(1),
  /** Nodes that the image is for. */
  architecture: oneOf(["arm64", "amd64"]).default("amd64"),
  /** PUBLIC ones are on an address; all are reachable inside the cluster. */
  ports,
  /** Address of the pool; several workloads may share one. Left out: Cilium chooses. */
  address: ipAddress().exactOptional(),
  tls: tls.exactOptional(),
  /** HTTP port of the pods that says whether they work. Left out: nobody asks. */
  health: block({
    port: portNumber(),
    path: text('a path such as "/readyz"').default("/readyz"),
  }).exactOptional(),
  memoryLimit: pattern(/^\d+[MG]i$/, 'a quantity such as "256Mi"').default("256Mi"),
  dns: dns.exactOptional(),
});

/** Settings of a stack on a cluster of one's own, with Cilium. */
export const ciliumSettings = block({
  cluster: clusterAccess.prefault({}),
  pool: block({
    addresses: addressRanges(),
    keepClearOf: neighbours().default({}),
    apiVersion: oneOf(["cilium.io/v2", "cilium.io/v2alpha1"]).default("cilium.io/v2"),
  }).superRefine(({ addresses, keepClearOf }, context) =>
    tell(context, () => checkPoolRanges("addresses", addresses, keepClearOf)),
  ),
  l2: block({
    /** Regular expressions. Left out: all. */
    interfaces: listOf(text("an interface"), "interface").exactOptional(),
    nodeLabels: textMap("nodes' labels").exactOptional(),
  }).prefault({}),
  /** Namespace that is made for the workloads. */
  namespace: namespaceName(),
  workloads: listOf(workload, "{ name, image, ports }"),
  /** An endpoint directory of the workloads with PUBLIC ports. Left out: none. */
  directory: directoryOnAddress.exactOptional(),
  /** Don't wait for load balancers and pods. */
  skipAwait: flag().default(false),
}).superRefine(({ pool, workloads, directory }, context) => {
  const refuse = (path: (string | number)[], message: string) =>
    context.addIssue({ code: "custom", path: ["workloads", ...path], message });
  const published = workloads.filter((one) =>
    one.ports.some(({ exposure }) => exposure !== Exposure.Internal),
  );
  checkProbes(
    context,
    directory,
    published.map(({ name }) => name),
  );
  if (directory?.address !== undefined) {
    const { address } = directory;
    const message = inRanges(address, pool.addresses)
      ? `${address} is not allowed: it is a workload's; leave it out, or take another of the pool`
      : `${address} is not in the pool: ${pool.addresses.join(", ")}`;
    if (!inRanges(address, pool.addresses) || workloads.some((one) => one.address === address)) {
      context.addIssue({ code: "custom", path: ["directory", "address"], message });
    }
  }
  const taken = new Map<string, string>();
  const open = workloads.flatMap((one) => one.ports.map(({ exposure }) => exposure));
  if (open.every((exposure) => exposure === Exposure.Internal)) {
    refuse([], "have no PUBLIC port: give one at least");
  }
  for (const [index, { name, address, ports: own }] of workloads.entries()) {
    if (workloads.findIndex((other) => other.name === name) < index) {
      refuse([index, "name"], `"${name}" is not allowed: another workload has this name`);
    }
    if (address === undefined) {
      continue;
    }
    if (!inRanges(address, pool.addresses)) {
      refuse([index, "address"], `${address} is not in the pool: ${pool.addresses.join(", ")}`);
    }
    for (const [at, { port, protocol, exposure }] of own.entries()) {
      const place = `${protocol} ${port} of ${address}`;
      const other = taken.get(place);
      if (exposure === Exposure.Internal) {
        continue;
      }
      if (other !== undefined) {
        refuse([index, "ports", at, "port"], `${port} is not allowed: ${place} is ${other}'s`);
      }
      taken.set(place, name);
    }
  }
});

/** The block `udp:cilium`, validated, with its defaults filled in. */
export type CiliumSettings = z.output<typeof ciliumSettings>;
