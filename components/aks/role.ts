import { createHash } from "node:crypto";
import { invalid } from "../endpoint/invalid.ts";

/**
 * Built-in role Network Contributor, the same in every tenant.
 * @see https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/networking#network-contributor
 */
const NETWORK_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7";

/** The part of a looked-up cluster that tells who its control plane acts as. */
export interface ClusterIdentity {
  readonly type?: string;
  readonly principalId?: string;
  readonly userAssignedIdentities?: Readonly<Record<string, { readonly principalId?: string }>>;
}

/**
 * Object id of the identity that the cluster's control plane, and with it the cloud controller,
 * acts as. That is not the kubelet's identity, which has nothing to do with load balancers.
 *
 * @throws InputPropertyError for a cluster with a service principal, or an identity not created yet.
 */
export function controlPlanePrincipal(identity: ClusterIdentity | undefined): string {
  const assigned = Object.values(identity?.userAssignedIdentities ?? {});
  const principalId = identity?.type?.includes("UserAssigned")
    ? assigned[0]?.principalId
    : identity?.principalId;
  if (principalId === undefined || principalId === "") {
    return invalid(
      "cluster",
      "has no managed identity to give the role to (a service principal, perhaps): give cluster.principalId, the object id (not the client id) of what the control plane acts as, and cluster.location",
    );
  }
  return principalId;
}

/**
 * Full id of the role within the subscription of the scope; the short form is refused by Azure.
 *
 * @param scope Resource id that starts with `/subscriptions/<id>/`.
 */
export function networkContributorId(scope: string): string {
  const subscription = /^\/subscriptions\/[^/]+/i.exec(scope)?.[0];
  if (subscription === undefined) {
    throw new Error(`"${scope}" is not an Azure resource id: it names no subscription`);
  }
  return `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${NETWORK_CONTRIBUTOR}`;
}

/**
 * Name of a role assignment: a version 5 UUID (RFC 9562 section 5.5) of who, what and where, as
 * `guid()` does in ARM templates. Same inputs, same name: a lost state finds its assignment again.
 */
export function roleAssignmentName(scope: string, principalId: string, roleId: string): string {
  const hash = createHash("sha1")
    .update([scope, principalId, roleId].join("\n").toLowerCase())
    .digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join("-");
}
