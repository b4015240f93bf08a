import type { Properties } from "../../../components/provider/index.ts";
import { listOf, mapOf, textOf, valueAt } from "../../cloud/paths.ts";
import type { Rule, RuleSubject } from "../../cloud/rule.ts";
import type { CloudObject, World } from "../../cloud/world.ts";
import { covers, firstFree, normalized } from "./address-blocks.ts";
import { releasesOf } from "./helm-release.ts";
import { poolsOf, rangesOf } from "./metallb-webhook.ts";
import { annotation, inCluster, isLoadBalancer, nameOf, portsOf } from "./objects.ts";
import { SERVICE } from "./service-rules.ts";

const SERVICE_GO = "metallb/metallb controller/service.go";
const ALLOCATOR = "metallb/metallb internal/allocator/allocator.go";
const sync = { stage: "sync", severity: "refuse" } as const;

/** True where MetalLB hands out the Service's address: one of its class, or both without. */
export function metalLbServes(inputs: Properties, scope: string, world: World): boolean {
  const [release] = releasesOf(world, scope, "metallb");
  const own = textOf(valueAt(release?.inputs, "values.loadBalancerClass")) ?? "";
  const wanted = textOf(valueAt(inputs, "spec.loadBalancerClass")) ?? "";
  return release !== undefined && isLoadBalancer(inputs) && own === wanted;
}

const requested = (inputs: Properties): string[] =>
  (annotation(inputs, "metallb.io/loadBalancerIPs") ?? "")
    .split(",")
    .filter((text) => text !== "")
    .map(normalized);
const poolName = (inputs: Properties) => annotation(inputs, "metallb.io/address-pool");
const sharingKey = (inputs: Properties) => annotation(inputs, "metallb.io/allow-shared-ip");
const holds = (pool: CloudObject, address: string) => covers(rangesOf(pool.inputs), address);
const ingressOf = (object: CloudObject): string[] =>
  listOf(valueAt(object.outputs, "status.loadBalancer.ingress")).map((one) =>
    String(mapOf(one).ip),
  );

const served = (rule: Omit<Rule, "stage" | "severity">): Rule => ({
  ...sync,
  ...rule,
  broken: (subject: RuleSubject) =>
    metalLbServes(subject.inputs, subject.scope, subject.world) ? rule.broken(subject) : undefined,
});

const failed = (inputs: Properties, reason: string) =>
  `AllocationFailed: Failed to allocate IP for "${nameOf(inputs)}": ${reason}`;

const addressInPool = served({
  id: "kubernetes-metallb-address-in-pool",
  basis: "read",
  says: "An address that a Service asks for has to be in a pool, and in the one it names.",
  source: `${SERVICE_GO}, allocateIPs; ${ALLOCATOR}, Assign`,
  broken: ({ inputs, scope, world }) => {
    const pools = poolsOf(world, scope);
    const named = poolName(inputs);
    if (named !== undefined && !pools.some((pool) => nameOf(pool.inputs) === named)) {
      return failed(inputs, `unknown pool "${named}"`);
    }
    for (const address of requested(inputs)) {
      const pool = pools.find((one) => holds(one, address));
      if (pool === undefined) {
        return failed(inputs, `["${address}"] is not allowed in config`);
      }
      if (named !== undefined && nameOf(pool.inputs) !== named) {
        return failed(
          inputs,
          `requested loadBalancer IP(s) ["${address}"] is not compatible with requested address pool ${named}`,
        );
      }
    }
    return undefined;
  },
});

const addressFree = served({
  id: "kubernetes-metallb-address-shared",
  basis: "read",
  says: "An address is one Service's, or shared by Services with the same sharing key, other ports, and the policy Cluster or the same selector.",
  source: `${ALLOCATOR}, checkSharing; https://metallb.io/usage/#ip-address-sharing`,
  broken: ({ inputs, scope, world, id }) => {
    for (const other of inCluster(world, scope, SERVICE).filter((one) => one.id !== id)) {
      const address = requested(inputs).find((wanted) => ingressOf(other).includes(wanted));
      const reason = address && clash(inputs, other, address);
      if (reason !== undefined) {
        return failed(inputs, reason);
      }
    }
    return undefined;
  },
});

function clash(inputs: Properties, other: CloudObject, address: string): string | undefined {
  const key = sharingKey(inputs);
  if (key === undefined || key !== sharingKey(other.inputs)) {
    return `can't change sharing key for "${nameOf(inputs)}", address also in use by ${other.id}`;
  }
  const used = portsOf(other.inputs).map(({ port, protocol }) => `${protocol}/${port}`);
  const mine = portsOf(inputs).map(({ port, protocol }) => `${protocol}/${port}`);
  const port = mine.find((one) => used.includes(one));
  if (port !== undefined) {
    return `port ${port} is already in use on "${address}"`;
  }
  const backend = (of: Properties) =>
    valueAt(of, "spec.externalTrafficPolicy") === "Local"
      ? JSON.stringify(valueAt(of, "spec.selector"))
      : "";
  return backend(inputs) === backend(other.inputs)
    ? undefined
    : `backend key "${backend(inputs)}" does not match existing sharing key "${backend(other.inputs)}"`;
}

const someAddress = served({
  id: "kubernetes-metallb-no-address",
  basis: "read",
  says: "A Service that asks for no address gets one of the pools with autoAssign, or of the pool that it names, while there is one.",
  source: `${ALLOCATOR}, Allocate`,
  broken: ({ inputs, scope, world, id }) =>
    requested(inputs).length > 0 || metalLbAddresses(inputs, scope, id, world, undefined).length > 0
      ? undefined
      : failed(inputs, "no available IPs"),
});

/** What MetalLB writes into the Service's status, stable for its life. */
export function metalLbAddresses(
  inputs: Properties,
  scope: string,
  id: string,
  world: World,
  previous: Properties | undefined,
): string[] {
  const wanted = requested(inputs);
  if (wanted.length > 0) {
    return wanted;
  }
  const named = poolName(inputs);
  const pools = poolsOf(world, scope).filter(({ inputs: pool }) =>
    named === undefined ? valueAt(pool, "spec.autoAssign") !== false : nameOf(pool) === named,
  );
  const kept = textOf(valueAt(previous, "status.loadBalancer.ingress[0].ip"));
  if (kept !== undefined && pools.some((pool) => holds(pool, kept))) {
    return [kept];
  }
  const others = inCluster(world, scope, SERVICE).filter((one) => one.id !== id);
  const taken = new Set(others.flatMap(ingressOf));
  const free = firstFree(
    pools.flatMap((pool) => rangesOf(pool.inputs)),
    taken,
  );
  return free === undefined ? [] : [free];
}

/** What MetalLB's controller refuses of a Service: it stays without an address. */
export const metalLbServiceRules: readonly Rule[] = [addressInPool, addressFree, someAddress];
