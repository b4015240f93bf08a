import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { StatefulSet } from "@pulumi/kubernetes/apps/v1/statefulSet.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget.js";
import { Role } from "@pulumi/kubernetes/rbac/v1/role.js";
import { RoleBinding } from "@pulumi/kubernetes/rbac/v1/roleBinding.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  output,
} from "@pulumi/pulumi";
import { type PortArgs, resolvePorts } from "../endpoint/index.ts";
import { checkedLater, invalid } from "../endpoint/invalid.ts";
import { commonLabels, labelValue, servicePorts } from "../kubernetes/index.ts";
import { type AccessArgs, asksKubernetes } from "./access.ts";
import { configFile, fingerprint } from "./config.ts";
import { type DirectorMonitoringArgs, ruleSpec, serviceMonitorSpec } from "./monitoring.ts";
import { directorIngress, directorPod } from "./pod.ts";
import { REDIS_URL } from "./store.ts";
import {
  checkDirectorArgs,
  type DirectorVolumeArgs,
  type UdpDirectorArgs,
} from "./udp-director-args.ts";

/**
 * A udp-director in a cluster: its configuration, its pods, and who may reach them. Where sessions
 * are kept decides which pods there are: one in memory, one with a volume for a journal, several
 * with a Redis or Valkey that they share. It makes no public Service: `selector`, `namespace` and `ports` go to the load balancer of the platform, which
 * publishes the query and data ports and keeps the metrics port inside.
 */
export class UdpDirector extends ComponentResource {
  /** Labels of the pod. */
  readonly selector: Readonly<Record<string, string>>;
  /** Namespace of the pod. */
  readonly namespace: Output<string>;
  /** `query` (TCP), `data` (UDP) and `metrics` (TCP, `INTERNAL`), as a load balancer takes them. */
  readonly ports: readonly PortArgs[];

  /**
   * @param name Unique among the directors of the namespace, as it is in the pod's labels;
   * children are named `<name>-config`, `<name>-account`, `<name>-deployment`, `<name>-policy`;
   * where they are asked for `<name>-namespace`, `<name>-env`, `<name>-stateful` and
   * `<name>-headless` in the place of the Deployment, `<name>-budget`, `<name>-metrics`,
   * `<name>-monitor` and `<name>-alerts`; and for each namespace that discovery watches `<name>-role-<namespace>` and
   * `<name>-binding-<namespace>`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: UdpDirectorArgs, opts?: ComponentResourceOptions) {
    const checked = checkDirectorArgs(args);
    super("pulumi-udp:director:UdpDirector", name, {}, opts);

    this.namespace = args.createNamespace
      ? new Namespace(
          `${name}-namespace`,
          {
            metadata: {
              ...(args.namespace === undefined ? {} : { name: args.namespace }),
              labels: podSecurity(args.kernelPath === true ? "privileged" : "restricted"),
            },
          },
          { parent: this },
        ).metadata.name
      : output(args.namespace ?? "default");
    this.ports = checked.ports;
    this.selector = {
      "app.kubernetes.io/instance": labelValue(name),
      "app.kubernetes.io/name": "udp-director",
    };
    const labels = { ...commonLabels(name, "director"), ...this.selector };
    const metadata = { namespace: this.namespace, labels };
    const apiAccess = checked.access.length > 0;
    const file = output(args.config).apply((given) =>
      checkedLater(this, () => {
        if (asksKubernetes(given) && !apiAccess) {
          invalid("config.discovery", "has to be a plain value to hold `kubernetes`");
        }
        return configFile(
          checked.plan.store === undefined ? given : { ...given, store: checked.plan.store },
        );
      }),
    );
    const variables = {
      ...args.secretEnv,
      ...(args.redisUrl === undefined ? {} : { [REDIS_URL]: args.redisUrl }),
    };
    const secret =
      Object.keys(variables).length === 0
        ? undefined
        : new Secret(`${name}-env`, { metadata, stringData: variables }, { parent: this });

    const config = new ConfigMap(
      `${name}-config`,
      { metadata, data: { "config.yaml": file } },
      { parent: this },
    );
    const account = new ServiceAccount(
      `${name}-account`,
      { metadata, automountServiceAccountToken: false },
      { parent: this },
    );
    const access = checked.access.map(({ namespace, rules }) => {
      const within = { namespace, labels };
      const role = new Role(
        `${name}-role-${namespace}`,
        { metadata: within, rules: rules.map((rule) => mutable(rule)) },
        { parent: this },
      );
      return new RoleBinding(
        `${name}-binding-${namespace}`,
        {
          metadata: within,
          roleRef: {
            apiGroup: "rbac.authorization.k8s.io",
            kind: "Role",
            name: role.metadata.name,
          },
          subjects: [
            { kind: "ServiceAccount", name: account.metadata.name, namespace: this.namespace },
          ],
        },
        { parent: this },
      );
    });
    const template = {
      metadata: {
        labels,
        annotations: { "udp-director/config-sha256": file.apply(fingerprint) },
      },
      spec: directorPod<Input<string>>({
        image: args.image,
        serviceAccountName: account.metadata.name,
        configMapName: config.metadata.name,
        ports: checked.ports,
        apiAccess,
        resources: args.resources ?? {},
        preStopSeconds: checked.preStopSeconds,
        graceSeconds: checked.graceSeconds,
        secretName: secret?.metadata.name,
        volume: checked.plan.volume,
        spread: checked.replicas > 1 ? this.selector : undefined,
        kernelPath: args.kernelPath ?? false,
      }),
    };
    const common = {
      replicas: checked.replicas,
      selector: { matchLabels: this.selector },
      template,
    };
    // Without its roles the first pod would not become ready, and the rollout would wait.
    const afterRoles = { parent: this, dependsOn: access };
    if (checked.plan.volume) {
      const headless = new Service(
        `${name}-headless`,
        {
          metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
          spec: { clusterIP: "None", selector: this.selector },
        },
        { parent: this },
      );
      new StatefulSet(
        `${name}-stateful`,
        {
          metadata,
          spec: {
            ...common,
            serviceName: headless.metadata.name,
            volumeClaimTemplates: [stateVolume(args.volume ?? {})],
          },
        },
        { ...afterRoles, parent: this },
      );
    } else {
      new Deployment(
        `${name}-deployment`,
        {
          metadata,
          spec: {
            ...common,
            // The next pod is ready before this one goes: with no pod for a moment, nodes would
            // remember for ever that there is none (kubernetes/kubernetes#139628).
            strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          },
        },
        { ...afterRoles, parent: this },
      );
    }
    if (checked.replicas > 1) {
      // For a single pod it would stop every drain of a node.
      new PodDisruptionBudget(
        `${name}-budget`,
        { metadata, spec: { maxUnavailable: 1, selector: { matchLabels: this.selector } } },
        { parent: this },
      );
    }
    if (args.monitoring !== undefined) {
      this.#monitor(name, args.monitoring, labels);
    }
    if (args.networkPolicy ?? true) {
      new NetworkPolicy(
        `${name}-policy`,
        {
          metadata,
          spec: {
            podSelector: { matchLabels: this.selector },
            policyTypes: ["Ingress"],
            ingress: directorIngress(checked.ports),
          },
        },
        { parent: this },
      );
    }
    this.registerOutputs({
      selector: this.selector,
      namespace: this.namespace,
      ports: this.ports,
    });
  }

  /** A Service for the metrics alone, inside, and what the Prometheus operator makes of it. */
  #monitor(name: string, args: DirectorMonitoringArgs, labels: Record<string, string>): void {
    const found = { ...labels, "app.kubernetes.io/component": "metrics" };
    const metadata = { namespace: this.namespace, labels: { ...labels, ...args.labels } };
    new Service(
      `${name}-metrics`,
      {
        metadata: {
          namespace: this.namespace,
          labels: found,
          annotations: { "pulumi.com/skipAwait": "true" },
        },
        spec: {
          type: "ClusterIP",
          selector: this.selector,
          ports: servicePorts(resolvePorts(this.ports).filter((port) => port.name === "metrics")),
        },
      },
      { parent: this },
    );
    new CustomResource(
      `${name}-monitor`,
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "ServiceMonitor",
        metadata,
        spec: serviceMonitorSpec(args, this.selector),
      },
      { parent: this },
    );
    if (args.alertRules !== undefined) {
      new CustomResource(
        `${name}-alerts`,
        {
          apiVersion: "monitoring.coreos.com/v1",
          kind: "PrometheusRule",
          metadata,
          spec: ruleSpec(args.alertRules),
        },
        { parent: this },
      );
    }
  }
}

/** The pod security levels of a namespace. */
const podSecurity = (level: string): Record<string, string> => ({
  "pod-security.kubernetes.io/audit": level,
  "pod-security.kubernetes.io/enforce": level,
  "pod-security.kubernetes.io/warn": level,
});

/** A claim named `state`, as the pod's mounts know it. */
const stateVolume = ({ size, storageClassName }: DirectorVolumeArgs) => ({
  metadata: { name: "state" },
  spec: {
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: size ?? "1Gi" } },
    ...(storageClassName === undefined ? {} : { storageClassName }),
  },
});

/** A rule in lists of its own: the provider's types are not read-only. */
function mutable(rule: AccessArgs["rules"][number]) {
  const { apiGroups, resources, verbs } = rule;
  return { apiGroups: [...apiGroups], resources: [...resources], verbs: [...verbs] };
}
