import { listManagedClusterUserCredentialsOutput } from "@pulumi/azure-native/containerservice/listManagedClusterUserCredentials.js";
import { Provider } from "@pulumi/kubernetes/provider.js";
import { secret } from "@pulumi/pulumi";

/** An AKS cluster that this program uses and does not own. */
export interface ExistingAksCluster {
  /** Name of the AKS cluster. */
  readonly name: string;
  /** Resource group that the cluster itself is in. */
  readonly resourceGroup: string;
}

/**
 * Access to an existing cluster, as its user and not as its administrator: what the program may do
 * there is up to the cluster's roles. On a cluster with Entra ID the kubeconfig starts `kubelogin`,
 * which has to be on the PATH of whoever runs the program.
 *
 * @param name Logical name of the provider.
 * @see https://learn.microsoft.com/azure/aks/control-kubeconfig-access
 */
export function kubernetesOn(name: string, cluster: ExistingAksCluster): Provider {
  const credentials = listManagedClusterUserCredentialsOutput({
    resourceGroupName: cluster.resourceGroup,
    resourceName: cluster.name,
  });
  const kubeconfig = credentials.kubeconfigs.apply(([first]) => {
    if (first === undefined) {
      throw new Error(`Azure gave no user credentials for the cluster ${cluster.name}`);
    }
    return Buffer.from(first.value, "base64").toString("utf8");
  });
  return new Provider(name, { kubeconfig: secret(kubeconfig) });
}
