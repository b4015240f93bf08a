import type { SimulatedCloud } from "../simulated-cloud.ts";
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

/** A Kubernetes cluster; on a kubeconfig of the simulated Azure, an AKS one with its controller. */
export const kubernetes: SimulatedCloud = {
  name: "kubernetes",
  sdk: "@pulumi/kubernetes",
  resources: kinds.map((kind) => declaration(kind.type)),
  models,
  functions: {},
};
