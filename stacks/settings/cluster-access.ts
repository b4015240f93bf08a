import { block, text } from "./fields.ts";

const KUBECONFIG = "a kubeconfig's text, as a secret (pulumi config set --secret --path)";

/** Access to a cluster that is there already, where tools beside Pulumi's provider use it too. */
export const kubeconfigAccess = block({
  /** A secret. Left out: that of whoever runs Pulumi (`KUBECONFIG`, `~/.kube/config`). */
  kubeconfig: text(KUBECONFIG).exactOptional(),
});

/** Access to a cluster that is there already. */
export const clusterAccess = kubeconfigAccess.extend({
  /** Left out: the kubeconfig's current one. */
  context: text("a context of the kubeconfig").exactOptional(),
});
