import type { CheckRequest, Properties } from "../../../components/provider/index.ts";
import { hex, uuid } from "../../cloud/identifiers.ts";
import type { OutputRequest, ResourceModel } from "../../cloud/model.ts";
import { mapOf, valueAt, withValueAt } from "../../cloud/paths.ts";
import { clusterScope } from "./cluster-scope.ts";
import { customKinds } from "./custom-kinds.ts";
import { releaseModel } from "./helm-release.ts";
import type { Kind } from "./kind.ts";
import * as facts from "./object-rules.ts";
import {
  AUTONAMED,
  annotationsOf,
  CLOUD,
  nameOf,
  namespaceOf,
  objectId,
  skipsAwait,
} from "./objects.ts";
import * as pods from "./pod-rules.ts";
import { service } from "./service.ts";

function modelOf(kind: Kind): ResourceModel {
  const namespaced = kind.namespaced ?? true;
  const rules = [facts.validName, facts.nameFree, ...(kind.rules ?? [])];
  return {
    cloud: CLOUD,
    type: kind.type,
    rules: namespaced ? [facts.namespaceExists, ...rules] : rules,
    facts: [
      facts.autonaming,
      facts.replaceOrder,
      facts.identityImmutable,
      ...(kind.facts ?? []),
      ...(kind.immutable === undefined ? [] : [kind.immutable]),
    ],
    immutable: (news, config) => [
      ...facts.identityImmutable.paths,
      ...(isMutable(kind, news, config) ? [] : (kind.immutable?.paths ?? [])),
    ],
    defaults: (request, config) => withIdentity(kind, request, config),
    scope: (_inputs, config) => clusterScope(config),
    id: (inputs) => objectId(inputs, namespaced),
    computed: [
      "metadata.uid",
      "metadata.resourceVersion",
      "metadata.creationTimestamp",
      ...(kind.computed ?? []),
    ],
    outputs: (request) => withMetadata(request, kind.outputs?.(request) ?? request.inputs),
    deleteBeforeReplace: (olds, news) =>
      annotationsOf(news)[AUTONAMED] !== "true" &&
      nameOf(olds) === nameOf(news) &&
      namespaceOf(olds) === namespaceOf(news),
    awaited: (inputs) => !skipsAwait(inputs),
    ...(kind.uses === undefined ? {} : { uses: kind.uses }),
    ...(kind.leaves === undefined ? {} : { leaves: kind.leaves }),
    ...(kind.cascade === undefined ? {} : { cascade: kind.cascade }),
  };
}

const contentsOf: NonNullable<ResourceModel["cascade"]> = (namespace, world) =>
  world.objects.filter(
    (object) =>
      object.cloud === CLOUD &&
      object.scope === namespace.scope &&
      object.id.startsWith(`${nameOf(namespace.inputs)}/`),
  );

function isMutable(kind: Kind, news: Properties, config: Properties): boolean {
  return (
    kind.mutableOption !== undefined &&
    String(config[kind.mutableOption]) === "true" &&
    news.immutable !== true
  );
}

function withIdentity(kind: Kind, request: CheckRequest, config: Properties): Properties {
  const { news, olds, name } = request;
  let inputs: Properties = { ...news, apiVersion: kind.apiVersion, kind: kind.kind };
  if (valueAt(inputs, "metadata.name") === undefined) {
    const adopted = annotationsOf(olds)[AUTONAMED] === "true" ? nameOf(olds) : undefined;
    const fresh = `${name}-${hex(8, request.randomSeed, request.urn)}`;
    inputs = withValueAt(inputs, "metadata.name", adopted ?? fresh);
    const annotations = { ...annotationsOf(inputs), [AUTONAMED]: "true" };
    inputs = withValueAt(inputs, "metadata.annotations", annotations);
  }
  if ((kind.namespaced ?? true) && valueAt(inputs, "metadata.namespace") === undefined) {
    return withValueAt(inputs, "metadata.namespace", config.namespace ?? "default");
  }
  return inputs;
}

function withMetadata(
  { id, scope, world, previous, inputs }: OutputRequest,
  outputs: Properties,
): Properties {
  return {
    ...outputs,
    metadata: {
      ...mapOf(inputs.metadata),
      uid: valueAt(previous, "metadata.uid") ?? uuid("uid", scope, id, world.serial),
      resourceVersion: String(
        Number(valueAt(previous, "metadata.resourceVersion") ?? world.serial + 1000) + 1,
      ),
      creationTimestamp: "2026-01-01T00:00:00Z",
    },
  };
}

const deployment: Kind = {
  type: pods.DEPLOYMENT,
  apiVersion: "apps/v1",
  kind: "Deployment",
  rules: [pods.selectorMatchesTemplate, pods.containersRequired, pods.podSecurity],
  immutable: facts.deploymentImmutable,
  computed: ["status"],
  outputs: ({ inputs, synced }) => {
    const replicas = Number(valueAt(inputs, "spec.replicas") ?? 1);
    const ready = synced ? replicas : 0;
    return {
      ...inputs,
      status: { replicas: ready, readyReplicas: ready, availableReplicas: ready },
    };
  },
};

const statefulSet: Kind = {
  type: "kubernetes:apps/v1:StatefulSet",
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  rules: [pods.selectorMatchesTemplate, pods.containersRequired, pods.podSecurity],
  immutable: facts.statefulSetImmutable,
  computed: ["status"],
  outputs: ({ inputs, synced }) => {
    const replicas = Number(valueAt(inputs, "spec.replicas") ?? 1);
    return { ...inputs, status: { replicas, readyReplicas: synced ? replicas : 0 } };
  },
};

const secret: Kind = {
  type: "kubernetes:core/v1:Secret",
  apiVersion: "v1",
  kind: "Secret",
  immutable: facts.secretImmutable,
  mutableOption: "enableSecretMutable",
  outputs: ({ inputs }) => {
    const { stringData, ...rest } = inputs;
    const encoded = Object.entries(mapOf(stringData)).map(([key, value]) => [
      key,
      Buffer.from(String(value)).toString("base64"),
    ]);
    return {
      type: "Opaque",
      ...rest,
      data: { ...mapOf(inputs.data), ...Object.fromEntries(encoded) },
    };
  },
};

const rbac = (kind: string, namespaced: boolean): Kind => ({
  type: `kubernetes:rbac.authorization.k8s.io/v1:${kind}`,
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind,
  namespaced,
  ...(kind.endsWith("Binding") ? { immutable: facts.roleBindingImmutable } : {}),
});

/** Kinds that the API server knows by itself, and the SDK by their types. */
export const kinds: readonly Kind[] = [
  {
    type: pods.NAMESPACE,
    apiVersion: "v1",
    kind: "Namespace",
    namespaced: false,
    cascade: contentsOf,
  },
  service,
  deployment,
  {
    type: "kubernetes:core/v1:ConfigMap",
    apiVersion: "v1",
    kind: "ConfigMap",
    immutable: facts.configMapImmutable,
    mutableOption: "enableConfigMapMutable",
  },
  secret,
  { type: "kubernetes:core/v1:ServiceAccount", apiVersion: "v1", kind: "ServiceAccount" },
  {
    type: "kubernetes:policy/v1:PodDisruptionBudget",
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    rules: [pods.disruptionBudget],
  },
  {
    type: "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    rules: [pods.networkPolicyPorts],
  },
  rbac("Role", true),
  rbac("RoleBinding", true),
  rbac("ClusterRole", false),
  rbac("ClusterRoleBinding", false),
  statefulSet,
  {
    type: "kubernetes:networking.k8s.io/v1:Ingress",
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
  },
];

export const models: readonly ResourceModel[] = [
  ...[...kinds, ...customKinds].map(modelOf),
  releaseModel,
];
