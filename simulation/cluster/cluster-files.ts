import { writeFile } from "node:fs/promises";
import path from "node:path";
import { CertificateAuthority } from "./certificates.ts";
import { makeAccountKeys, writeKubeconfig } from "./credentials.ts";
import { API_PORT, type ClusterPlan, FILES, SERVICES } from "./machine/plan.ts";

/**
 * Fills the folder of a cluster: certificates and kubeconfigs of everybody, and the plan.
 *
 * @param url Where this machine reaches the API server.
 */
export async function makeClusterFiles(
  openssl: string,
  plan: ClusterPlan,
  url: string,
): Promise<void> {
  const file = (name: string) => path.join(plan.folder, name);
  const authority = new CertificateAuthority(openssl, plan.folder);
  const inside = `https://${plan.nodes[0]?.address}:${API_PORT}`;
  await authority.create();
  await authority.issue({
    name: "server",
    subject: "/CN=kube-apiserver",
    alternativeNames: [
      ...["127.0.0.1", SERVICES.api, plan.nodes[0]?.address].map((address) => `IP:${address}`),
      ...["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"].map(
        (name) => `DNS:${name}`,
      ),
    ],
  });
  for (const { name, address } of plan.nodes) {
    await authority.issue({
      name,
      subject: `/O=system:nodes/CN=system:node:${name}`,
      alternativeNames: [`DNS:${name}`, `IP:${address}`],
    });
  }
  const programs = ["kube-controller-manager", "kube-scheduler", "kube-proxy"];
  for (const name of programs) await authority.issue({ name, subject: `/CN=system:${name}` });
  await authority.issue({ name: "admin", subject: "/O=system:masters/CN=admin" });
  for (const name of ["admin", ...programs, ...plan.nodes.map((node) => node.name)]) {
    await writeKubeconfig({
      file: file(FILES.kubeconfig(name)),
      url: name === "admin" ? url : inside,
      caFile: file("ca.crt"),
      user: { certFile: file(`${name}.crt`), keyFile: file(`${name}.key`) },
    });
  }
  await makeAccountKeys(plan.folder);
  await writeFile(file(FILES.plan), JSON.stringify(plan));
}
