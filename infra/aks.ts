import type { Provider } from "@pulumi/kubernetes/provider.js";
import type { ComponentResourceOptions } from "@pulumi/pulumi";
import type { AksClusterArgs as AddressCluster } from "pulumi-udp/aks";
import { kubernetesOn } from "./aks-access.ts";
import { AksCluster, type AksClusterArgs } from "./aks-cluster.ts";

/** What a stack on AKS stands on, whoever owns the cluster. */
export interface AksFoundation {
  /** For the components that need to know the cluster and its identity. */
  readonly cluster: AddressCluster;
  readonly provider: Provider;
}

/**
 * A cluster that this program uses and does not own.
 *
 * @param name Logical name of the provider.
 */
export function existingAks(
  name: string,
  cluster: { readonly name: string; readonly resourceGroup: string },
): AksFoundation {
  return { cluster, provider: kubernetesOn(name, cluster) };
}

/**
 * A cluster that this program makes.
 *
 * @param name Logical name; the children's names start with it.
 */
export function newAks(
  name: string,
  args: AksClusterArgs,
  opts?: ComponentResourceOptions,
): AksFoundation {
  const { principalId, location, provider } = new AksCluster(name, args, opts);
  return { cluster: { principalId, location }, provider };
}
