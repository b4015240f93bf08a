import type { Properties } from "../../../components/provider/index.ts";
import { isUnknown } from "../../../components/provider/index.ts";
import type { Fact, ImmutableFact } from "../../cloud/fact.ts";
import { hex } from "../../cloud/identifiers.ts";
import type { ResourceModel } from "../../cloud/model.ts";
import { textOf, valueAt } from "../../cloud/paths.ts";
import type { Rule } from "../../cloud/rule.ts";
import { type CloudObject, findObject, type World } from "../../cloud/world.ts";
import { clusterScope } from "./cluster-scope.ts";
import { namespaceExists } from "./object-rules.ts";
import { CLOUD, inCluster } from "./objects.ts";

export const RELEASE = "kubernetes:helm.sh/v3:Release";

/** API groups whose definitions a chart brings, by the chart's name. */
const GROUPS_OF_CHART: Readonly<Record<string, { group: string; kept: boolean }>> = {
  metallb: { group: "metallb.io", kept: false },
  traefik: { group: "traefik.io", kept: true },
  "cert-manager": { group: "cert-manager.io", kept: true },
};

const nameOf = (inputs: Properties): string => textOf(inputs.name) ?? "";
const namespaceOf = (inputs: Properties): string => textOf(inputs.namespace) ?? "default";
/** `metallb` of `oci://registry/charts/metallb`, `./charts/metallb/` and `metallb`. */
const chartOf = (inputs: Properties): string =>
  (textOf(inputs.chart) ?? "").replace(/\/+$/, "").split("/").at(-1) ?? "";

/** Releases of a chart in one cluster. */
export const releasesOf = (world: World, scope: string, chart: string): readonly CloudObject[] =>
  inCluster(world, scope, RELEASE).filter(({ inputs }) => chartOf(inputs) === chart);

/** API groups that releases of a cluster have brought. */
export const installedGroups = (world: World, scope: string): readonly string[] =>
  inCluster(world, scope, RELEASE).flatMap((release) => groupBroughtBy(release) ?? []);

/** Releases of a cluster that brought an API group. */
export const releasesBringing = (
  world: World,
  scope: string,
  group: string,
): readonly CloudObject[] =>
  inCluster(world, scope, RELEASE).filter((release) => groupBroughtBy(release) === group);

const groupBroughtBy = ({ inputs }: CloudObject): string | undefined =>
  GROUPS_OF_CHART[chartOf(inputs)]?.group;

const nameTaken: Rule = {
  id: "kubernetes-helm-name-in-use",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A release's name is used once in a namespace.",
  source: "helm/helm pkg/action/install.go, availableName",
  broken: ({ inputs, world, scope, id, exists }) =>
    !exists && findObject(world, { cloud: CLOUD, scope, type: RELEASE, id }) !== undefined
      ? `Helm release "${id}" was not created: cannot re-use a name that is still in use: ${nameOf(inputs)}`
      : undefined,
};

const namespaceThere: Rule = {
  ...namespaceExists,
  id: "kubernetes-helm-namespace",
  says: "A release's namespace has to exist, unless createNamespace makes it.",
  source: "helm/helm pkg/action/install.go, CreateNamespace",
  broken: (subject) => {
    const { inputs } = subject;
    return inputs.createNamespace === true
      ? undefined
      : namespaceExists.broken({
          ...subject,
          inputs: { metadata: { namespace: namespaceOf(inputs) } },
        });
  },
};

const certManagerNeedsDefinitions: Rule = {
  id: "kubernetes-helm-cert-manager-crds",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "cert-manager's chart brings its definitions only with crds.enabled; its start-up check, a Helm hook, fails without them.",
  source:
    "cert-manager/cert-manager deploy/charts/cert-manager values.yaml (crds.enabled), templates/startupapicheck-job.yaml",
  broken: ({ inputs }) =>
    chartOf(inputs) === "cert-manager" && valueAt(inputs, "values.crds.enabled") !== true
      ? "Helm release was not created: post-install hook cert-manager-startupapicheck failed: the cert-manager CRDs are not yet installed on the Kubernetes API server"
      : undefined,
};

const traefikProtocol: Rule = {
  id: "kubernetes-helm-traefik-protocol",
  basis: "read",
  stage: "write",
  severity: "warn",
  says: "Traefik's chart compares the protocol of a port with TCP and UDP in capitals: written otherwise, the port is missing from the Service.",
  source: "traefik/traefik-helm-chart traefik/templates/service.yaml",
  broken: ({ inputs }) => {
    const ports = valueAt(inputs, "values.ports");
    if (chartOf(inputs) !== "traefik" || typeof ports !== "object" || ports === null) {
      return undefined;
    }
    const lost = Object.entries(ports).find(([, port]) => {
      const protocol = valueAt(port, "protocol");
      return typeof protocol === "string" && !["TCP", "UDP"].includes(protocol);
    });
    return lost === undefined
      ? undefined
      : `the port ${lost[0]} is missing from the Service: protocol is neither TCP nor UDP in capitals`;
  },
};

const immutable: ImmutableFact = {
  id: "kubernetes-helm-identity",
  basis: "read",
  says: "Name and namespace are the identity of a release: a change replaces it.",
  source: "pulumi/pulumi-kubernetes provider/pkg/provider/helm_release.go, Diff",
  paths: ["name", "namespace"],
};

const uninstalls: Fact = {
  id: "kubernetes-helm-uninstall",
  basis: "read",
  says: "Definitions among a chart's templates (MetalLB) go with the release, and every custom resource with them; those below crds/ (Traefik) and those marked to be kept (cert-manager) stay.",
  source:
    "helm/helm pkg/action/install.go installCRDs, uninstall.go; metallb/metallb charts/metallb/charts/crds/templates/crds.yaml; cert-manager/cert-manager deploy/charts/cert-manager/values.yaml (crds.keep)",
};

/** A Helm release: ready at once, with the definitions that its chart brings. */
export const releaseModel: ResourceModel = {
  cloud: CLOUD,
  type: RELEASE,
  rules: [nameTaken, namespaceThere, certManagerNeedsDefinitions, traefikProtocol],
  facts: [immutable, uninstalls],
  immutable: () => immutable.paths,
  defaults: ({ news, olds, name, randomSeed, urn }, config) => ({
    ...news,
    name: news.name ?? olds.name ?? `${name}-${hex(8, randomSeed, urn)}`,
    namespace: news.namespace ?? textOf(config.namespace) ?? "default",
  }),
  scope: (_inputs, config) => clusterScope(config),
  id: (inputs) => `${namespaceOf(inputs)}/${nameOf(inputs)}`,
  computed: ["status", "resourceNames", "manifest"],
  outputs: ({ inputs, previous }) => ({
    ...inputs,
    resourceNames: {},
    status: {
      status: "deployed",
      name: nameOf(inputs),
      namespace: namespaceOf(inputs),
      chart: chartOf(inputs),
      version: isUnknown(inputs.version) ? "" : (inputs.version ?? ""),
      revision: Number(valueAt(previous, "status.revision") ?? 0) + 1,
    },
  }),
  deleteBeforeReplace: (olds, news) =>
    nameOf(olds) === nameOf(news) && namespaceOf(olds) === namespaceOf(news),
  cascade: (release, world) => {
    const brought = GROUPS_OF_CHART[chartOf(release.inputs)];
    return brought === undefined || brought.kept
      ? []
      : world.objects.filter(
          ({ cloud, scope, type }) =>
            cloud === CLOUD &&
            scope === release.scope &&
            type.startsWith(`kubernetes:${brought.group}/`),
        );
  },
};
