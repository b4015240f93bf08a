import type { Properties } from "../../../components/provider/index.ts";
import { delay } from "../../cloud/delay.ts";
import type { Rule } from "../../cloud/rule.ts";
import { ciliumPolicyRules, ciliumPoolRules } from "./cilium-controller.ts";
import { installedGroups, releasesBringing } from "./helm-release.ts";
import type { Kind } from "./kind.ts";
import { poolRules } from "./metallb-webhook.ts";
import { routeRules } from "./traefik-rules.ts";

/** Groups that a cluster has without a release: of its network plugin, and of an operator. */
const PRESENT = ["cilium.io", "monitoring.coreos.com"];

export const crdInstalled: Rule = {
  id: "kubernetes-crd-installed",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "An object of a kind that is not defined in the cluster is refused; definitions come with the charts of their controllers.",
  source: "kubernetes/apimachinery pkg/api/meta/errors.go, NoKindMatchError",
  broken: ({ inputs, world, scope }) => {
    const group = groupOf(inputs);
    const groups = [...(world.seed.definitions ?? PRESENT), ...installedGroups(world, scope)];
    return groups.includes(group) ? undefined : noMatch(inputs);
  },
};

const groupOf = (inputs: Properties): string => String(inputs.apiVersion).split("/")[0] ?? "";
const noMatch = (inputs: Properties): string =>
  `no matches for kind "${inputs.kind}" in version "${inputs.apiVersion}"`;

/** Five repetitions after 1, 2, 4, 8 and 16 seconds. */
const CREATION_RETRY = 31;

export const definitionSpreads = delay({
  id: "kubernetes-definition-spreads",
  late: "kubernetes-definition",
  basis: "read",
  stage: "write",
  patience: CREATION_RETRY,
  says: "The API server serves a kind a while after its definition was made; the provider asks again for 31 seconds.",
  source: "pulumi/pulumi-kubernetes provider/pkg/await/await.go Creation, WithMaxRetries(5)",
  needs: ({ inputs, world, scope }) => releasesBringing(world, scope, groupOf(inputs)),
  answer: ({ inputs }) => noMatch(inputs),
});

/** Kinds that a controller's webhook is asked about, and the path below which it is. */
const WEBHOOKS: Readonly<Record<string, string>> = {
  "metallb.io": "https://metallb-webhook-service.metallb-system.svc:443/validate",
  "cert-manager.io": "https://cert-manager-webhook.cert-manager.svc:443/validate",
};

export const webhookStarts = delay({
  id: "kubernetes-webhook-starts",
  late: "kubernetes-webhook",
  basis: "read",
  stage: "write",
  patience: 0,
  says: "An admission webhook is asked from the moment that its release is there, and answers a while later; the provider does not ask again.",
  source:
    "https://github.com/metallb/metallb/issues/1597; pulumi/pulumi-kubernetes provider/pkg/await/await.go Creation (asks again after NotFound and NoMatch only)",
  needs: ({ inputs, world, scope }) =>
    WEBHOOKS[groupOf(inputs)] === undefined ? [] : releasesBringing(world, scope, groupOf(inputs)),
  answer: ({ inputs }) =>
    `Internal error occurred: failed calling webhook "${String(inputs.kind).toLowerCase()}.${groupOf(inputs)}": failed to call webhook: Post "${WEBHOOKS[groupOf(inputs)]}?timeout=10s": dial tcp 10.96.12.7:443: connect: connection refused`,
});

const custom = (
  apiVersion: string,
  kind: string,
  rules: readonly Rule[] = [],
  namespaced = true,
): Kind => ({
  type: `kubernetes:${apiVersion}:${kind}`,
  apiVersion,
  kind,
  namespaced,
  rules: [crdInstalled, definitionSpreads, webhookStarts, ...rules],
});

/** Custom resources, whose definitions come with a controller. */
export const customKinds: readonly Kind[] = [
  custom("metallb.io/v1beta1", "IPAddressPool", poolRules),
  custom("metallb.io/v1beta1", "L2Advertisement"),
  custom("metallb.io/v1beta1", "BGPAdvertisement"),
  custom("metallb.io/v1beta2", "BGPPeer"),
  custom("cilium.io/v2", "CiliumLoadBalancerIPPool", ciliumPoolRules, false),
  custom("cilium.io/v2alpha1", "CiliumLoadBalancerIPPool", ciliumPoolRules, false),
  custom("cilium.io/v2alpha1", "CiliumL2AnnouncementPolicy", ciliumPolicyRules, false),
  custom("traefik.io/v1alpha1", "IngressRouteTCP", routeRules),
  custom("traefik.io/v1alpha1", "IngressRouteUDP", routeRules),
  custom("cert-manager.io/v1", "Certificate"),
  custom("cert-manager.io/v1", "Issuer"),
  custom("cert-manager.io/v1", "ClusterIssuer", [], false),
  custom("monitoring.coreos.com/v1", "PrometheusRule"),
  custom("monitoring.coreos.com/v1", "ServiceMonitor"),
];
