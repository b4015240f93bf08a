import { isUnknown, type Properties } from "../../../components/provider/index.ts";
import { listOf, mapOf, textOf, valueAt } from "../../cloud/paths.ts";
import type { Rule } from "../../cloud/rule.ts";

const CRD = "traefik/traefik pkg/provider/kubernetes/crd";

const entryPointsNamed: Rule = {
  id: "kubernetes-traefik-udp-entry-points",
  basis: "read",
  stage: "check",
  severity: "warn",
  says: "An IngressRouteUDP without entry points listens on all of them.",
  source: "https://doc.traefik.io/traefik/routing/routers/#entrypoints_2",
  broken: ({ inputs }) => {
    const given = valueAt(inputs, "spec.entryPoints");
    return inputs.kind === "IngressRouteUDP" && !isUnknown(given) && listOf(given).length === 0
      ? "no entryPoints: the route takes the packets of every UDP entry point"
      : undefined;
  },
};

const passthroughKnowsNames: Rule = {
  id: "kubernetes-traefik-host-sni",
  basis: "read",
  stage: "check",
  severity: "warn",
  says: "A TCP route without TLS has no server name to match: only HostSNI(`*`) ever takes a connection.",
  source: `${CRD}/kubernetes_tcp.go; https://doc.traefik.io/traefik/routing/routers/#rule_1`,
  broken: ({ inputs }) => {
    const named = routesOf(inputs).some(({ match }) => /HostSNI\(`[^*]/.test(textOf(match) ?? ""));
    return inputs.kind === "IngressRouteTCP" && named && valueAt(inputs, "spec.tls") === undefined
      ? "HostSNI with a name needs tls: without it no connection is taken"
      : undefined;
  },
};

const routesOf = (inputs: Properties) => listOf(valueAt(inputs, "spec.routes")).map(mapOf);

export const routeRules: readonly Rule[] = [entryPointsNamed, passthroughKnowsNames];
