/** A user that no image of a base distribution gives to anybody. */
export const UNPRIVILEGED_ID = 65_532;

/**
 * Security context of a pod under the pod security standard "restricted".
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export const restrictedPod = () => ({
  runAsNonRoot: true,
  runAsUser: UNPRIVILEGED_ID,
  runAsGroup: UNPRIVILEGED_ID,
  seccompProfile: { type: "RuntimeDefault" },
});

/** And of its containers: no capability, no privilege to gain, a read-only file system. */
export const RESTRICTED_CONTAINER = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
};
