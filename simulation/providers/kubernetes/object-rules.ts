import { isUnknown, type Properties } from "../../../components/provider/index.ts";
import type { Fact, ImmutableFact } from "../../cloud/fact.ts";
import { valueAt } from "../../cloud/paths.ts";
import type { Rule } from "../../cloud/rule.ts";
import { findObject } from "../../cloud/world.ts";
import { CLOUD, inCluster, nameOf, namespaceOf } from "./objects.ts";
import { NAMESPACE } from "./pod-rules.ts";

const FORCE_NEW = "pulumi/pulumi-kubernetes provider/pkg/provider/diff.go, forceNewProperties";

export const autonaming: Fact = {
  id: "kubernetes-autoname",
  basis: "read",
  says: "A metadata.name left out becomes the logical name, a dash and 8 hexadecimal digits, marked by the annotation pulumi.com/autonamed.",
  source: "pulumi/pulumi-kubernetes provider/pkg/metadata/naming.go",
};

export const replaceOrder: Fact = {
  id: "kubernetes-replace-order",
  basis: "read",
  says: "A replacement that keeps its name and namespace is deleted first; an autonamed one comes first and goes afterwards.",
  source: "pulumi/pulumi-kubernetes provider/pkg/provider/provider.go, Diff (deleteBeforeReplace)",
};

export const identityImmutable: ImmutableFact = {
  id: "kubernetes-identity-immutable",
  basis: "read",
  says: "Name and namespace are the identity of an object: a change replaces it.",
  source: FORCE_NEW,
  paths: ["metadata.name", "metadata.namespace"],
};

export const serviceImmutable: ImmutableFact = {
  id: "kubernetes-service-immutable",
  basis: "read",
  says: "spec.clusterIP of a Service is fixed: a change replaces it.",
  source: FORCE_NEW,
  paths: ["spec.clusterIP"],
};

export const deploymentImmutable: ImmutableFact = {
  id: "kubernetes-deployment-immutable",
  basis: "read",
  says: "spec.selector of a Deployment is fixed: a change replaces it.",
  source: FORCE_NEW,
  paths: ["spec.selector"],
};

export const statefulSetImmutable: ImmutableFact = {
  id: "kubernetes-stateful-set-immutable",
  basis: "read",
  says: "podManagementPolicy, revisionHistoryLimit, selector, serviceName and volumeClaimTemplates of a StatefulSet are fixed: a change replaces it.",
  source: FORCE_NEW,
  paths: [
    "spec.podManagementPolicy",
    "spec.revisionHistoryLimit",
    "spec.selector",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
  ],
};

export const configMapImmutable: ImmutableFact = {
  id: "kubernetes-config-map-immutable",
  basis: "read",
  says: "Changed data replaces a ConfigMap, unless the provider has enableConfigMapMutable and the map is not immutable.",
  source: FORCE_NEW,
  paths: ["data", "binaryData"],
};

export const secretImmutable: ImmutableFact = {
  id: "kubernetes-secret-immutable",
  basis: "read",
  says: "Changed data or type replaces a Secret, unless the provider has enableSecretMutable and the secret is not immutable.",
  source: FORCE_NEW,
  paths: ["data", "stringData", "type"],
};

export const roleBindingImmutable: ImmutableFact = {
  id: "kubernetes-role-binding-immutable",
  basis: "read",
  says: "roleRef of a binding is fixed: a change replaces it.",
  source: FORCE_NEW,
  paths: ["roleRef"],
};

export const validName: Rule = {
  id: "kubernetes-object-name",
  basis: "read",
  stage: "check",
  severity: "refuse",
  says: "A name is lower-case letters, digits, dashes and dots, 253 characters at most; of a Service or namespace 63, without dots, and a Service begins with a letter.",
  source:
    "kubernetes/apimachinery pkg/api/validation/generic.go NameIsDNSSubdomain, NameIsDNSLabel, NameIsDNS1035Label; kubernetes/kubernetes pkg/apis/core/validation/validation.go ValidateServiceName",
  broken: ({ inputs }) => {
    const name = valueAt(inputs, "metadata.name");
    if (isUnknown(name) || typeof name !== "string") {
      return undefined;
    }
    const service = inputs.kind === "Service";
    const label = service || inputs.kind === "Namespace";
    const pattern = label
      ? /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
      : /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
    // RBAC names are path segments: colons and capitals are fine there.
    const free = String(inputs.apiVersion).startsWith("rbac.");
    return free || (pattern.test(name) && !(service && /^[0-9]/.test(name)))
      ? undefined
      : {
          property: "metadata.name",
          reason: `Invalid value: "${name}": a ${service ? "DNS-1035 label" : `lowercase RFC 1123 ${label ? "label" : "subdomain"}`} must consist of lower case alphanumeric characters${label ? " or '-', 63 at most" : ", '-' or '.'"}${service ? ", and start with a letter" : ""}`,
        };
  },
};

export const nameFree: Rule = {
  id: "kubernetes-already-exists",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "Creating an object under a name that is taken fails, as long as the provider's upsertExistingObjects is off.",
  source: "pulumi/pulumi-kubernetes provider/pkg/await/await.go, Creation",
  broken: ({ inputs, world, scope, id, exists }) => {
    const type = typeOf(inputs);
    const taken = findObject(world, { cloud: CLOUD, scope, type, id }) !== undefined;
    return !exists && taken ? `${inputs.kind} "${nameOf(inputs)}" already exists` : undefined;
  },
};

const INITIAL_NAMESPACES = ["default", "kube-system", "kube-public", "kube-node-lease"];

export const namespaceExists: Rule = {
  id: "kubernetes-namespace-exists",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "An object's namespace has to exist before it.",
  source: "kubernetes/apiserver pkg/admission/plugin/namespace/lifecycle/admission.go",
  broken: ({ inputs, world, scope }) => {
    const namespace = namespaceOf(inputs);
    const known = [...INITIAL_NAMESPACES, ...(world.seed.namespaces ?? [])].includes(namespace);
    const made = inCluster(world, scope, NAMESPACE).some(
      (object) => nameOf(object.inputs) === namespace,
    );
    return known || made ? undefined : `namespaces "${namespace}" not found`;
  },
};

/** Type token of the object that a manifest describes. */
export function typeOf(inputs: Properties): string {
  const version = String(inputs.apiVersion);
  return `kubernetes:${version.includes("/") ? version : `core/${version}`}:${inputs.kind}`;
}
