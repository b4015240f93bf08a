import type { KubeClient } from "./kube-client.ts";
import { SERVICES } from "./machine/plan.ts";

/** Image of CoreDNS. */
export const NAMES_IMAGE = "localhost/coredns:test";

const CONFIG = `.:8053 {
  errors
  health :8080
  ready :8181
  kubernetes cluster.local
}
`;
const LABELS = { "k8s-app": "kube-dns" };
const metadata = { name: "coredns", namespace: "kube-system" };

/** Lets pods find Services by name, as CoreDNS' own manifests do; names outside have no answer. */
export async function installNames(admin: KubeClient): Promise<void> {
  const rbac = "/apis/rbac.authorization.k8s.io/v1";
  const core = "/api/v1/namespaces/kube-system";
  await admin.create(`${core}/serviceaccounts`, { metadata });
  await admin.create(`${rbac}/clusterroles`, {
    metadata: { name: "system:coredns" },
    rules: [
      {
        ...{ apiGroups: [""], resources: ["endpoints", "services", "pods", "namespaces"] },
        verbs: ["list", "watch"],
      },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
    ],
  });
  await admin.create(`${rbac}/clusterrolebindings`, {
    metadata: { name: "system:coredns" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:coredns" },
    subjects: [{ kind: "ServiceAccount", ...metadata }],
  });
  await admin.create(`${core}/configmaps`, { metadata, data: { Corefile: CONFIG } });
  await admin.create("/apis/apps/v1/namespaces/kube-system/deployments", {
    metadata,
    spec: {
      selector: { matchLabels: LABELS },
      template: {
        metadata: { labels: LABELS },
        spec: {
          serviceAccountName: "coredns",
          dnsPolicy: "Default",
          containers: [
            {
              ...{ name: "coredns", image: NAMES_IMAGE, args: ["-conf", "/etc/coredns/Corefile"] },
              readinessProbe: { httpGet: { path: "/ready", port: 8181 }, periodSeconds: 1 },
              volumeMounts: [{ name: "config", mountPath: "/etc/coredns" }],
            },
          ],
          volumes: [{ name: "config", configMap: { name: "coredns" } }],
        },
      },
    },
  });
  const port = (protocol: string) => ({
    ...{ name: `dns-${protocol.toLowerCase()}`, port: 53, targetPort: 8053, protocol },
  });
  await admin.create(`${core}/services`, {
    metadata: { name: "kube-dns", namespace: "kube-system" },
    spec: { clusterIP: SERVICES.names, selector: LABELS, ports: [port("UDP"), port("TCP")] },
  });
}
