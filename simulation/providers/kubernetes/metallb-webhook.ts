import { type AddressRange, overlap, parseRange } from "../../../components/kubernetes/ranges.ts";
import type { Properties } from "../../../components/provider/index.ts";
import { listOf, textOf, valueAt } from "../../cloud/paths.ts";
import type { Rule } from "../../cloud/rule.ts";
import type { CloudObject, World } from "../../cloud/world.ts";
import { releasesOf } from "./helm-release.ts";
import { inCluster, nameOf, namespaceOf } from "./objects.ts";

export const POOL = "kubernetes:metallb.io/v1beta1:IPAddressPool";

const WEBHOOK = "ipaddresspoolvalidationwebhook.metallb.io";
const CONFIG = "metallb/metallb internal/config/config.go";
const write = { stage: "write", severity: "refuse" } as const;
const denied = (reason: string) => `admission webhook "${WEBHOOK}" denied the request: ${reason}`;

/** Ranges of a pool that can be read. */
export const rangesOf = (inputs: Properties): readonly AddressRange[] =>
  listOf(valueAt(inputs, "spec.addresses")).flatMap((text) => parseRange(textOf(text) ?? "") ?? []);

/** Pools of a cluster. */
export const poolsOf = (world: World, scope: string): readonly CloudObject[] =>
  inCluster(world, scope, POOL);

const ownNamespace: Rule = {
  ...write,
  id: "kubernetes-metallb-namespace",
  basis: "read",
  says: "A pool lies in the namespace of MetalLB.",
  source: "metallb/metallb internal/k8s/webhooks/webhookv1beta1/ipaddresspool_webhook.go",
  broken: ({ inputs, world, scope }) => {
    const [release] = releasesOf(world, scope, "metallb");
    const namespace = textOf(release?.inputs.namespace);
    return namespace !== undefined && namespaceOf(inputs) !== namespace
      ? denied(`resource must be created in ${namespace} namespace`)
      : undefined;
  },
};

const readable: Rule = {
  ...write,
  id: "kubernetes-metallb-pool-range",
  basis: "read",
  says: "Addresses of a pool are networks, or first and last address.",
  source: `${CONFIG}, ParseCIDR`,
  broken: ({ inputs }) => {
    const wrong = listOf(valueAt(inputs, "spec.addresses")).find(
      (text) => parseRange(textOf(text) ?? "") === undefined,
    );
    return wrong === undefined ? undefined : denied(`invalid CIDR "${wrong}" in pool`);
  },
};

const apart: Rule = {
  ...write,
  id: "kubernetes-metallb-pool-overlap",
  basis: "read",
  says: "No two pools have an address in common.",
  source: `${CONFIG}, poolsFor`,
  broken: ({ inputs, world, scope, id }) => {
    for (const range of rangesOf(inputs)) {
      for (const other of poolsOf(world, scope).filter((pool) => pool.id !== id)) {
        const clash = rangesOf(other.inputs).find((theirs) => overlap(range, theirs));
        if (clash !== undefined) {
          return denied(
            `CIDR "${range.text}" in pool "${nameOf(inputs)}" overlaps with already defined CIDR "${clash.text}"`,
          );
        }
      }
    }
    return undefined;
  },
};

/** What MetalLB's webhook refuses of a pool. */
export const poolRules: readonly Rule[] = [ownNamespace, readable, apart];
