import { type AddressRange, overlap, parseRange } from "../../../components/kubernetes/ranges.ts";
import type { Properties } from "../../../components/provider/index.ts";
import { listOf, mapOf, textOf, valueAt } from "../../cloud/paths.ts";
import type { Rule } from "../../cloud/rule.ts";
import type { CloudObject, World } from "../../cloud/world.ts";
import { covers, firstFree, normalized } from "./address-blocks.ts";
import { annotation, inCluster, isLoadBalancer, nameOf } from "./objects.ts";
import { SERVICE } from "./service-rules.ts";

const POOLS = ["v2", "v2alpha1"].map(
  (version) => `kubernetes:cilium.io/${version}:CiliumLoadBalancerIPPool`,
);
const POLICY = "kubernetes:cilium.io/v2alpha1:CiliumL2AnnouncementPolicy";
const LBIPAM = "cilium/cilium operator/pkg/lbipam/lbipam.go";
const L2_DOCS = "https://docs.cilium.io/en/stable/network/l2-announcements/";

const blocksOf = (inputs: Properties): readonly AddressRange[] =>
  listOf(valueAt(inputs, "spec.blocks")).flatMap((item) => {
    const { cidr, start, stop } = mapOf(item);
    return parseRange(textOf(cidr) ?? `${textOf(start)}-${textOf(stop) ?? textOf(start)}`) ?? [];
  });

const poolsOf = (world: World, scope: string): readonly CloudObject[] =>
  POOLS.flatMap((type) => inCluster(world, scope, type));

const apart: Rule = {
  id: "kubernetes-cilium-pool-conflict",
  basis: "read",
  stage: "write",
  severity: "warn",
  says: "A pool that overlaps with another one is disabled until it does not any more.",
  source: `${LBIPAM}, settleConflicts`,
  broken: ({ inputs, world, scope, id }) => {
    const other = poolsOf(world, scope)
      .filter((pool) => pool.id !== id)
      .find((pool) =>
        blocksOf(inputs).some((mine) => blocksOf(pool.inputs).some((one) => overlap(mine, one))),
      );
    return other === undefined
      ? undefined
      : `pool ${nameOf(inputs)} conflicts with ${other.id} (cilium.io/PoolConflict) and is disabled`;
  },
};

const announcesNothing: Rule = {
  id: "kubernetes-cilium-announces-nothing",
  basis: "read",
  stage: "check",
  severity: "warn",
  says: "An L2 announcement policy announces neither kind of address unless it says so.",
  source: "cilium/cilium pkg/k8s/apis/cilium.io/v2alpha1/l2announcement_types.go",
  broken: ({ inputs }) =>
    ["spec.loadBalancerIPs", "spec.externalIPs"].every((path) => valueAt(inputs, path) !== true)
      ? "neither loadBalancerIPs nor externalIPs is true: the policy announces nothing"
      : undefined,
};

export const ciliumPoolRules: readonly Rule[] = [apart];
export const ciliumPolicyRules: readonly Rule[] = [announcesNothing];

/** True where Cilium's IPAM hands out the Service's address. */
export function ciliumServes(inputs: Properties, scope: string, world: World): boolean {
  const wanted = textOf(valueAt(inputs, "spec.loadBalancerClass")) ?? "";
  return (
    isLoadBalancer(inputs) &&
    (wanted === "" || wanted.startsWith("io.cilium/")) &&
    poolsOf(world, scope).length > 0
  );
}

const requested = (inputs: Properties): string[] =>
  (annotation(inputs, "lbipam.cilium.io/ips") ?? annotation(inputs, "io.cilium/lb-ipam-ips") ?? "")
    .split(",")
    .filter((text) => text !== "")
    .map(normalized);

const selects = (pool: CloudObject, inputs: Properties): boolean =>
  Object.entries(mapOf(valueAt(pool.inputs, "spec.serviceSelector.matchLabels"))).every(
    ([key, value]) => mapOf(valueAt(inputs, "metadata.labels"))[key] === value,
  );

const ingressOf = (object: CloudObject): string[] =>
  listOf(valueAt(object.outputs, "status.loadBalancer.ingress")).map((one) =>
    String(mapOf(one).ip),
  );

/** What Cilium's IPAM writes into the Service's status, stable for its life. */
export function ciliumAddresses(
  inputs: Properties,
  scope: string,
  id: string,
  world: World,
  previous: Properties | undefined,
): string[] {
  const blocks = poolsOf(world, scope)
    .filter((pool) => selects(pool, inputs))
    .flatMap((pool) => blocksOf(pool.inputs));
  const others = inCluster(world, scope, SERVICE).filter((one) => one.id !== id);
  const key = annotation(inputs, "lbipam.cilium.io/sharing-key");
  const shares = (other: CloudObject) =>
    key !== undefined && annotation(other.inputs, "lbipam.cilium.io/sharing-key") === key;
  const taken = new Set(others.filter((other) => !shares(other)).flatMap(ingressOf));
  const wanted = requested(inputs);
  if (wanted.length > 0) {
    return wanted.filter((address) => covers(blocks, address) && !taken.has(address));
  }
  const kept = textOf(valueAt(previous, "status.loadBalancer.ingress[0].ip"));
  if (kept !== undefined && covers(blocks, kept)) {
    return [kept];
  }
  const free = firstFree(blocks, new Set(others.flatMap(ingressOf)));
  return free === undefined ? [] : [free];
}

const satisfied: Rule = {
  id: "kubernetes-cilium-request",
  basis: "read",
  stage: "sync",
  severity: "refuse",
  says: "An address that a Service asks for is given if a pool that selects the Service has it and no other Service does, without one sharing key.",
  source: `${LBIPAM}, satisfySpecificIPRequests`,
  broken: ({ inputs, scope, world, id }) =>
    ciliumServes(inputs, scope, world) &&
    ciliumAddresses(inputs, scope, id, world, undefined).length <
      Math.max(1, requested(inputs).length)
      ? "cilium.io/IPAMRequestSatisfied is False: no pool has the requested address, or another Service does"
      : undefined,
};

const localOnL2: Rule = {
  id: "kubernetes-cilium-local-policy",
  basis: "read",
  stage: "sync",
  severity: "warn",
  says: "L2 announcements do not go with the traffic policy Local: the announcing node may have no pod and drops what it gets.",
  source: `${L2_DOCS}#limitations; cilium/cilium#27800`,
  broken: ({ inputs, scope, world }) =>
    ciliumServes(inputs, scope, world) &&
    valueAt(inputs, "spec.externalTrafficPolicy") === "Local" &&
    inCluster(world, scope, POLICY).length > 0
      ? "externalTrafficPolicy Local is not compatible with L2 announcements: packets may reach a node without a pod"
      : undefined,
};

export const ciliumServiceRules: readonly Rule[] = [satisfied, localOnL2];
