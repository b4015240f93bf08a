import type { Properties } from "../../../components/provider/index.ts";
import { textOf } from "../../cloud/paths.ts";
import { clusterOfKubeconfig } from "../azure-native/clusters.ts";
import { doksOfKubeconfig } from "../digitalocean/clusters.ts";

/**
 * `group/name` for an AKS cluster, `do-region-name` for one of DigitalOcean, else a name that stands
 * for the cluster of the kubeconfig.
 */
export function clusterScope(config: Properties): string {
  const kubeconfig = textOf(config.kubeconfig) ?? "";
  const cluster = clusterOfKubeconfig(kubeconfig);
  return cluster === undefined
    ? (doksOfKubeconfig(kubeconfig) ?? "cluster")
    : `${cluster.resourceGroup}/${cluster.name}`;
}
