import { Provider } from "@pulumi/kubernetes/provider.js";
import { secret } from "@pulumi/pulumi";

/** How a cluster that is there already is reached. */
export interface ClusterAccess {
  /** Text of a kubeconfig. Left out: that of whoever runs Pulumi. */
  readonly kubeconfig?: string;
  /** Left out: the kubeconfig's current one. */
  readonly context?: string;
}

/**
 * A cluster that this program uses and does not own.
 *
 * @param name Logical name of the provider.
 */
export function kubernetesAt(name: string, { kubeconfig, context }: ClusterAccess): Provider {
  return new Provider(name, {
    ...(kubeconfig === undefined ? {} : { kubeconfig: secret(kubeconfig) }),
    ...(context === undefined ? {} : { context }),
  });
}
