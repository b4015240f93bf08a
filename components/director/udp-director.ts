import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { Role } from "@pulumi/kubernetes/rbac/v1/role.js";
import { RoleBinding } from "@pulumi/kubernetes/rbac/v1/roleBinding.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  output,
} from "@pulumi/pulumi";
import type { PortArgs } from "../endpoint/index.ts";
import { checkedLater, invalid } from "../endpoint/invalid.ts";
import { commonLabels, labelValue } from "../kubernetes/index.ts";
import { type AccessArgs, asksKubernetes } from "./access.ts";
import { configFile, fingerprint } from "./config.ts";
import { directorIngress, directorPod } from "./pod.ts";
import { checkDirectorArgs, type UdpDirectorArgs } from "./udp-director-args.ts";

/**
 * A udp-director in a cluster: its configuration, its pod, and who may reach it. It makes no
 * Service: `selector`, `namespace` and `ports` go to the load balancer of the platform, which
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
   * children are named `<name>-config`, `<name>-account`, `<name>-deployment`,
   * `<name>-policy`, and for each namespace that discovery watches `<name>-role-<namespace>` and
   * `<name>-binding-<namespace>`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: UdpDirectorArgs, opts?: ComponentResourceOptions) {
    const checked = checkDirectorArgs(args);
    super("pulumi-udp:director:UdpDirector", name, {}, opts);

    this.namespace = output(args.namespace ?? "default");
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
        return configFile(given);
      }),
    );

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
    new Deployment(
      `${name}-deployment`,
      {
        metadata,
        spec: {
          replicas: 1,
          selector: { matchLabels: this.selector },
          // The next pod is ready before this one goes: with no pod for a moment, nodes would
          // remember for ever that there is none (kubernetes/kubernetes#139628).
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          template: {
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
            }),
          },
        },
      },
      // Without its roles the first pod would not become ready, and the rollout would wait.
      { parent: this, dependsOn: access },
    );
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
}

/** A rule in lists of its own: the provider's types are not read-only. */
function mutable(rule: AccessArgs["rules"][number]) {
  const { apiGroups, resources, verbs } = rule;
  return { apiGroups: [...apiGroups], resources: [...resources], verbs: [...verbs] };
}
