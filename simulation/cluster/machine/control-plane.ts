import path from "node:path";
import { API_PORT, type ClusterPlan, FILES, PODS, SERVICES } from "./plan.ts";

/** A server of the cluster: its name, which names its log too, and how it is started. */
export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** What has to listen before it is started. */
  readonly needs?: "containerd";
}

const flags = (options: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(options).map(([name, value]) => `--${name}=${value}`);

/** etcd, API server, controllers and scheduler, as kubeadm starts them, on the first node. */
export function controlPlane(plan: ClusterPlan): readonly Program[] {
  const file = (name: string) => path.join(plan.folder, name);
  const address = plan.nodes[0]?.address ?? "";
  const etcd = "http://127.0.0.1:2379";
  const peer = "http://127.0.0.1:2380";
  const kubernetes = (name: string, options: Readonly<Record<string, string>>): Program => ({
    name,
    command: plan.tools.kubernetes,
    args: [name, ...flags(options)],
  });
  return [
    {
      name: "etcd",
      command: plan.tools.etcd,
      args: flags({
        "data-dir": path.join(plan.folder, FILES.state, "etcd"),
        "listen-client-urls": etcd,
        "advertise-client-urls": etcd,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": `default=${peer}`,
      }),
    },
    kubernetes("kube-apiserver", {
      "etcd-servers": etcd,
      // An address that is not this machine's own would send its traffic away.
      "advertise-address": address,
      "secure-port": `${API_PORT}`,
      "service-cluster-ip-range": SERVICES.range,
      "authorization-mode": "Node,RBAC",
      "enable-admission-plugins": "NodeRestriction",
      "client-ca-file": file("ca.crt"),
      "tls-cert-file": file("server.crt"),
      "tls-private-key-file": file("server.key"),
      "kubelet-certificate-authority": file("ca.crt"),
      "kubelet-client-certificate": file("admin.crt"),
      "kubelet-client-key": file("admin.key"),
      // There is no name service.
      "kubelet-preferred-address-types": "InternalIP",
      "service-account-issuer": "https://kubernetes.default.svc",
      "service-account-key-file": file("accounts.pub"),
      "service-account-signing-key-file": file("accounts.key"),
    }),
    kubernetes("kube-controller-manager", {
      kubeconfig: file(FILES.kubeconfig("kube-controller-manager")),
      "cluster-cidr": PODS,
      // Left out: a folder of the machine, which it would make.
      "flex-volume-plugin-dir": path.join(plan.folder, FILES.state, "volume-plugins"),
      "leader-elect": "false",
      "root-ca-file": file("ca.crt"),
      "service-account-private-key-file": file("accounts.key"),
      "use-service-account-credentials": "true",
    }),
    kubernetes("kube-scheduler", {
      kubeconfig: file(FILES.kubeconfig("kube-scheduler")),
      "leader-elect": "false",
    }),
  ];
}
