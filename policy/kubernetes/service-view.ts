import type { Subject } from "../rule.ts";
import { at, isTrue, mapOf, mapsOf, type Properties, textOf, UNKNOWN } from "../values.ts";

/** The Service of any API client: SDK classes, YAML, charts that Pulumi renders. */
export const SERVICE = /^kubernetes:core\/v1:Service$/;

export const annotationsOf = ({ props }: Subject): Properties =>
  mapOf(at(props, "metadata.annotations"));

export const portsOf = ({ props }: Subject): readonly Properties[] =>
  mapsOf(at(props, "spec.ports"));

/** Kubernetes' default protocol is TCP. */
export const isUdpPort = ({ protocol }: Properties): boolean => textOf(protocol) === "UDP";

export const isLoadBalancer = ({ props }: Subject): boolean =>
  at(props, "spec.type") === "LoadBalancer";

export const isUdpLoadBalancer = (subject: Subject): boolean =>
  isLoadBalancer(subject) && portsOf(subject).some(isUdpPort);

export const classOf = ({ props }: Subject): string => textOf(at(props, "spec.loadBalancerClass"));

/** The traffic policy, with the platform's default; `undefined` while it is not known. */
export function trafficPolicyOf({ props }: Subject): string | undefined {
  const policy = at(props, "spec.externalTrafficPolicy");
  return policy === UNKNOWN ? undefined : textOf(policy) || "Cluster";
}

const AZURE = /^service\.beta\.kubernetes\.io\/(azure-|port_\d+_)/;

export const isOnAzure = (subject: Subject): boolean =>
  Object.keys(annotationsOf(subject)).some((key) => AZURE.test(key));

/** True when the load balancer has no public address, by the annotations of the big clouds. */
export function isInternal(subject: Subject): boolean {
  const annotations = annotationsOf(subject);
  const prefix = "service.beta.kubernetes.io/";
  return (
    isTrue(annotations[`${prefix}azure-load-balancer-internal`]) ||
    isTrue(annotations[`${prefix}aws-load-balancer-internal`]) ||
    annotations[`${prefix}aws-load-balancer-scheme`] === "internal" ||
    textOf(annotations["networking.gke.io/load-balancer-type"]).toLowerCase() === "internal" ||
    annotations[`${prefix}do-loadbalancer-network`] === "INTERNAL"
  );
}
