import { listManagedClusterUserCredentialsOutput } from "@pulumi/azure-native/containerservice/listManagedClusterUserCredentials.js";
import { Provider } from "@pulumi/kubernetes/provider.js";
import { type CustomResourceOptions, type Input, secret } from "@pulumi/pulumi";

/** An AKS cluster that is there, or will be when its name is known. */
export interface NamedAksCluster {
  /** Name of the AKS cluster. */
  readonly name: Input<string>;
  /** Resource group that the cluster itself is in. */
  readonly resourceGroup: Input<string>;
}

/**
 * Access to a cluster, as its user and not as its administrator: what the program may do
 * there is up to the cluster's roles. On a cluster with Entra ID the kubeconfig starts `kubelogin`,
 * which has to be on the PATH of whoever runs the program.
 *
 * @param name Logical name of the provider.
 * @see https://learn.microsoft.com/azure/aks/control-kubeconfig-access
 */
export function kubernetesOn(
  name: string,
  cluster: NamedAksCluster,
  opts?: CustomResourceOptions,
): Provider {
  const credentials = listManagedClusterUserCredentialsOutput({
    resourceGroupName: cluster.resourceGroup,
    resourceName: cluster.name,
  });
  const kubeconfig = credentials.kubeconfigs.apply(([first]) => {
    if (first === undefined) {
      throw new Error(`Azure gave no user credentials for the cluster of the provider ${name}`);
    }
    return Buffer.from(first.value, "base64").toString("utf8");
  });
  return new Provider(name, { kubeconfig: secret(kubeconfig) }, opts);
}
