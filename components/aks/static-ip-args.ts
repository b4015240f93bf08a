import type { Input } from "@pulumi/pulumi";
import { each, invalid, together } from "../endpoint/invalid.ts";
import { oneOf } from "../endpoint/values.ts";
import { IpVersion } from "./address.ts";
import { AKS_LIMITS, RESERVED_TAGS } from "./limits.ts";

/**
 * The cluster that will use the address: either an existing one by name, looked up, or one created
 * in the same program by what the lookup would have told.
 */
export interface AksClusterArgs {
  /** Name of the AKS cluster. Goes with `resourceGroup`. */
  readonly name?: Input<string>;
  /** Resource group that the cluster itself is in, not its node resource group. Goes with `name`. */
  readonly resourceGroup?: Input<string>;
  /**
   * Object id of the control plane's identity: `identity.principalId` of the cluster, or
   * `principalId` of the user-assigned identity. Not its client id, and not the kubelet's
   * identity. Goes with `location`, in place of `name` and `resourceGroup`.
   */
  readonly principalId?: Input<string>;
  /** Azure region of the cluster, such as `westeurope`. Goes with `principalId`. */
  readonly location?: Input<string>;
}

/** A static public address for the Services of an AKS cluster. */
export interface AksStaticIpArgs {
  /** Which cluster; gives the region, and the identity that receives the role. */
  readonly cluster: AksClusterArgs;
  /**
   * An existing resource group for the address, in the cluster's subscription. Left out: the
   * component creates one, so that the address outlives the cluster. The cluster's node resource
   * group is refused: it is deleted with the cluster.
   */
  readonly resourceGroupName?: Input<string>;
  /** `IPv4` or `IPv6`. Left out: `IPv4`. A change replaces the address. */
  readonly ipVersion?: IpVersion;
  /**
   * Identifier of a public IP prefix that the address is taken from, so that firewalls of others
   * may know the range; of the cluster's region and of this IP version. Left out: any address of
   * Azure's. A change replaces the address.
   */
  readonly publicIpPrefixId?: Input<string>;
  /**
   * First part of `<label>.<region>.cloudapp.azure.com`: 3 to 63 of `a-z 0-9 -`, a letter first, no
   * hyphen last. Left out: no such name. It belongs to the address and never to a Service, whose
   * annotation of that purpose would overwrite it.
   */
  readonly dnsLabel?: string;
  /**
   * Give the cluster's identity the role Network Contributor on the resource group. Left out:
   * true. Set it to false on a second address in the same group, as Azure refuses the same
   * assignment twice, or where somebody else gives the role.
   */
  readonly grantAccess?: boolean;
  /**
   * Azure tags of the resource group and the address. Refused are the six that the cloud
   * controller takes as its own, such as `service`: with one of them it deletes the address.
   */
  readonly tags?: Readonly<Record<string, string>>;
}

const PREFIX_ID =
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Network\/publicIPPrefixes\/[^/]+$/i;
const DNS_LABEL = /^[a-z][a-z0-9-]{1,61}[a-z0-9]$/;

/**
 * Checks what can be checked before anything is registered.
 *
 * @throws InputPropertyError naming the property; for several InputPropertiesError.
 */
export function checkStaticIpArgs(args: AksStaticIpArgs): void {
  together(
    () => checkCluster(args.cluster),
    () => args.ipVersion && oneOf("ipVersion", args.ipVersion, IpVersion),
    () => checkPrefix(args.publicIpPrefixId),
    () => checkDnsLabel(args.dnsLabel),
    () => each(Object.keys(args.tags ?? {}), checkTag),
  );
}

function checkCluster({ name, resourceGroup, principalId, location }: AksClusterArgs): void {
  const byName = name !== undefined && resourceGroup !== undefined;
  const byIdentity = principalId !== undefined && location !== undefined;
  const given = [name, resourceGroup, principalId, location].filter((one) => one !== undefined);
  if (byName === byIdentity || given.length !== 2) {
    invalid(
      "cluster",
      "has to be { name, resourceGroup } of an existing cluster or { principalId, location } of one created in this program, and not a mixture",
    );
  }
}

function checkPrefix(id: Input<string> | undefined): void {
  if (typeof id === "string" && !PREFIX_ID.test(id)) {
    invalid(
      "publicIpPrefixId",
      `"${id}" is not the identifier of a prefix: /subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Network/publicIPPrefixes/<name>`,
    );
  }
}

function checkDnsLabel(label: string | undefined): void {
  if (label !== undefined && !DNS_LABEL.test(label)) {
    const { min, max } = AKS_LIMITS.dnsLabelLength;
    invalid(
      "dnsLabel",
      `"${label}" is not a label: ${min} to ${max} of a-z, 0-9 and hyphens, a letter first, no hyphen last`,
    );
  }
}

function checkTag(tag: string): void {
  if (RESERVED_TAGS.includes(tag.toLowerCase())) {
    invalid(
      `tags["${tag}"]`,
      "is a tag that the AKS cloud controller takes as its own: it would rewrite it, and delete the address together with the Service. Use another name, such as app",
    );
  }
}

/**
 * Refuses the cluster's node resource group, which Azure deletes with the cluster and may lock.
 *
 * @param nodeResourceGroup Left out where the cluster was not looked up.
 * @throws InputPropertyError for the node resource group, in any case of its letters.
 */
export function checkResourceGroup(name: string, nodeResourceGroup: string | undefined): string {
  if (name.toLowerCase() === nodeResourceGroup?.toLowerCase()) {
    invalid(
      "resourceGroupName",
      `"${name}" is the cluster's node resource group, which is deleted with the cluster: give another one, or leave it out`,
    );
  }
  return name;
}
