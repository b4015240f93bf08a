/** A finding of checkov that is wanted so. */
export interface Allowed {
  /** Identifier of the check. */
  readonly check: string;
  /** `Kind namespace/name` of the objects. */
  readonly of: RegExp;
  readonly why: string;
}

const KERNEL = / kernel-path\//;
const RELAYS = /^Deployment ztna\//;
const PODS = /^(Deployment|StatefulSet) /;

const allowed = (checks: readonly string[], of: RegExp, why: string): Allowed[] =>
  checks.map((check) => ({ check, of, why }));

/** All that checkov may find. */
export const ALLOWED: readonly Allowed[] = [
  ...allowed(
    ["CKV_K8S_16", "CKV_K8S_20", "CKV_K8S_23", "CKV_K8S_25", "CKV_K8S_28", "CKV_K8S_37"],
    KERNEL,
    "forwarding in the kernel takes root with NET_ADMIN and BPF and a privileged container before it, which is why it has a namespace of its own and is off unless asked for",
  ),
  ...allowed(["CKV_K8S_40"], KERNEL, "the same: root"),
  ...allowed(
    ["CKV_K8S_10", "CKV_K8S_11", "CKV_K8S_12", "CKV_K8S_13", "CKV_K8S_22"],
    KERNEL,
    "of the container that sets one kernel setting and ends at once",
  ),
  ...allowed(
    ["CKV_K8S_11"],
    /^(Deployment ztna\/|StatefulSet edge\/store-valkey)/,
    "a CPU limit makes the kernel stop a pod in the middle of its packets; requests share the processor out",
  ),
  ...allowed(
    ["CKV_K8S_8", "CKV_K8S_9"],
    RELAYS,
    "these workloads speak UDP alone, and Kubernetes has no probe for UDP",
  ),
  ...allowed(
    ["CKV2_K8S_6"],
    RELAYS,
    "a relay is there for everybody; what else its namespace lets in is its owner's",
  ),
  ...allowed(
    ["CKV_K8S_38"],
    /^(Deployment|StatefulSet) (edge|kernel-path)\//,
    "directors that discover backends in Kubernetes ask its API; those that do not have no token",
  ),
  ...allowed(
    ["CKV_K8S_35"],
    /^Deployment edge\/shared-/,
    "the URL of the store, with its password, is read from the environment by the director",
  ),
  ...allowed(
    ["CKV_K8S_15", "CKV_K8S_43"],
    PODS,
    "the image is an argument: a digest may be given, and a tag with a version does not move",
  ),
  ...allowed(
    ["CKV_K8S_21"],
    / default\//,
    "the stacks for AKS deploy beside a workload of their owner in `default`, as their settings say",
  ),
];
