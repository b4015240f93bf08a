import type { SimulatedCloud } from "../simulated-cloud.ts";
import { RELEASE } from "./helm-release.ts";
import { kinds, models } from "./models.ts";

/** `kubernetes:core/v1:Service` is declared by `ServiceArgs` in `core/v1/service`. */
function declaration(type: string): { type: string; file: string; args: string } {
  const [, group = "", kind = ""] = type.split(":");
  const [family = "", version = ""] = group.split("/");
  const folder = family.replace(/\.k8s\.io$/, "").replace(/\.authorization$/, "");
  return {
    type,
    file: `${folder}/${version}/${kind.charAt(0).toLowerCase()}${kind.slice(1)}`,
    args: `${kind}Args`,
  };
}

const RELEASE_DECLARATION = { type: RELEASE, file: "helm/v3/release", args: "ReleaseArgs" };

/** A Kubernetes cluster; on a kubeconfig of the simulated Azure, an AKS one with its controller. */
export const kubernetes: SimulatedCloud = {
  name: "kubernetes",
  sdk: "@pulumi/kubernetes",
  throttling: {
    id: "kubernetes-throttling",
    basis: "read",
    says: "A throttled call is made again 10 times, as long as the answer says Retry-After.",
    source: "kubernetes/client-go rest/request.go maxRetries, rest/with_retry.go",
    retries: 10,
  },
  // Custom resources have no types in the SDK: their definitions are the cluster's own.
  resources: [...kinds.map((kind) => declaration(kind.type)), RELEASE_DECLARATION],
  models,
  functions: {},
};
