import type { Properties } from "../../../components/provider/index.ts";
import { textOf } from "../../cloud/paths.ts";
import { clusterOfKubeconfig } from "../azure-native/clusters.ts";

/** `group/name` for an AKS cluster, else a name that stands for the cluster of the kubeconfig. */
export function clusterScope(config: Properties): string {
  const cluster = clusterOfKubeconfig(textOf(config.kubeconfig) ?? "");
  return cluster === undefined ? "cluster" : `${cluster.resourceGroup}/${cluster.name}`;
}
