import type { Rule } from "../../cloud/rule.ts";
import { ciliumPolicyRules, ciliumPoolRules } from "./cilium-controller.ts";
import { installedGroups } from "./helm-release.ts";
import type { Kind } from "./kind.ts";
import { poolRules } from "./metallb-webhook.ts";
import { routeRules } from "./traefik-rules.ts";

/** Groups that a cluster has without a release: of its network plugin, and of an operator. */
const PRESENT = ["cilium.io", "monitoring.coreos.com"];

export const crdInstalled: Rule = {
  id: "kubernetes-crd-installed",
  basis: "recalled",
  stage: "write",
  severity: "refuse",
  says: "An object of a kind that is not defined in the cluster is refused; definitions come with the charts of their controllers.",
  source: "kubernetes/apimachinery pkg/api/meta/errors.go, NoKindMatchError",
  broken: ({ inputs, world, scope }) => {
    const [group = ""] = String(inputs.apiVersion).split("/");
    const groups = [...(world.seed.definitions ?? PRESENT), ...installedGroups(world, scope)];
    return groups.includes(group)
      ? undefined
      : `no matches for kind "${inputs.kind}" in version "${inputs.apiVersion}"`;
  },
};

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
  rules: [crdInstalled, ...rules],
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
