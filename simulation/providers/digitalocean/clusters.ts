import { hex, uuid } from "../../cloud/identifiers.ts";

/** A DOKS cluster, named as its kubeconfig names it. */
export interface DoksCluster {
  readonly name: string;
  readonly region: string;
}

/** What a cluster's objects are kept under; Azure's have a slash in it. */
export const doksScope = ({ name, region }: DoksCluster): string => `do-${region}-${name}`;
export const isDoks = (scope: string): boolean => /^do-[a-z]{3}\d-[^/]+$/.test(scope);

export const doksId = (cluster: DoksCluster): string => uuid("doks", doksScope(cluster));

/** The kubeconfig that DigitalOcean's API gives for a cluster. The token opens nothing. */
export function doksKubeconfig(cluster: DoksCluster): string {
  const context = doksScope(cluster);
  return `apiVersion: v1
kind: Config
current-context: ${context}
clusters:
- name: ${context}
  cluster:
    server: https://${doksId(cluster)}.k8s.ondigitalocean.com
contexts:
- name: ${context}
  context:
    cluster: ${context}
    user: ${context}-admin
users:
- name: ${context}-admin
  user:
    token: ${hex(32, "token", context)}
`;
}

/** The scope of the cluster that a kubeconfig leads to; none for one that is not DigitalOcean's. */
export function doksOfKubeconfig(kubeconfig: string): string | undefined {
  const context = /"?current-context"?:\s*"?([^\s",]+)/.exec(kubeconfig)?.[1] ?? "";
  return kubeconfig.includes(".k8s.ondigitalocean.com") && isDoks(context) ? context : undefined;
}
