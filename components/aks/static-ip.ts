import { RoleAssignment } from "@pulumi/azure-native/authorization/roleAssignment.js";
import { getManagedClusterOutput } from "@pulumi/azure-native/containerservice/getManagedCluster.js";
import { PublicIPAddress } from "@pulumi/azure-native/network/publicIPAddress.js";
import { getResourceGroupOutput } from "@pulumi/azure-native/resources/getResourceGroup.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from "@pulumi/pulumi";
import { checkedLater } from "../endpoint/invalid.ts";
import { sortedByKey } from "../endpoint/plain.ts";
import { type AksAddress, IpVersion } from "./address.ts";
import { controlPlanePrincipal, networkContributorId, roleAssignmentName } from "./role.ts";
import { type AksStaticIpArgs, checkResourceGroup, checkStaticIpArgs } from "./static-ip-args.ts";

/**
 * A public address that outlives Services, pods and the cluster, and the right for the cluster to
 * use it. Standard, static, in the cluster's region, in a resource group of its own.
 *
 * The address is protected: Pulumi refuses to delete or replace it, because the number is lost
 * with it and every client that learned it. `protect: false` in the component's options lifts that.
 *
 * @see https://learn.microsoft.com/azure/aks/static-ip
 */
export class AksStaticIp extends ComponentResource {
  /**
   * What a Service needs to take this address. Whatever uses it is created after the address and
   * the role assignment, and deleted before them.
   */
  readonly address: Output<AksAddress>;

  /**
   * @param name Unique among the program's components; children are named `<name>-group`,
   * `<name>-ip` and `<name>-network-contributor`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: AksStaticIpArgs, opts?: ComponentResourceOptions) {
    checkStaticIpArgs(args);
    super("pulumi-udp:aks:AksStaticIp", name, {}, opts);

    const protect = opts?.protect ?? true;
    const ipVersion = args.ipVersion ?? IpVersion.V4;
    const given = Object.keys(args.tags ?? {}).length;
    const tags = given === 0 ? {} : { tags: sortedByKey(args.tags ?? {}) };
    const cluster = this.#cluster(args);
    const group =
      args.resourceGroupName === undefined
        ? new ResourceGroup(
            `${name}-group`,
            { location: cluster.location, ...tags },
            { parent: this, protect },
          )
        : this.#existingGroup(args.resourceGroupName, cluster.nodeResourceGroup);

    const ip = new PublicIPAddress(
      `${name}-ip`,
      {
        resourceGroupName: group.name,
        location: cluster.location,
        sku: { name: "Standard" },
        publicIPAllocationMethod: "Static",
        publicIPAddressVersion: ipVersion,
        ...(args.publicIpPrefixId === undefined
          ? {}
          : { publicIPPrefix: { id: args.publicIpPrefixId } }),
        ...(args.dnsLabel === undefined ? {} : { dnsSettings: { domainNameLabel: args.dnsLabel } }),
        ...tags,
      },
      { parent: this, protect },
    );

    const granted =
      (args.grantAccess ?? true) ? [this.#grant(name, group.id, cluster.principalId).urn] : [];

    this.address = output({
      ipAddress: ip.ipAddress.apply((given) => given ?? missing(name)),
      ipVersion,
      // The URN is known in a preview; taking it in makes users of the address wait for the role.
      publicIpName: all([ip.name, ...granted]).apply(([publicIpName]) => String(publicIpName)),
      resourceGroupName: group.name,
      ...(args.dnsLabel === undefined
        ? {}
        : { hostname: ip.dnsSettings.apply((dns) => dns?.fqdn ?? missing(name)) }),
    });
    this.registerOutputs({ address: this.address });
  }

  /** Looks an existing cluster up, or passes on what a cluster of the same program told. */
  #cluster({ cluster }: AksStaticIpArgs): {
    readonly location: Output<string>;
    readonly principalId: Output<string>;
    readonly nodeResourceGroup: Output<string | undefined>;
  } {
    if (cluster.principalId !== undefined && cluster.location !== undefined) {
      return {
        location: output(cluster.location),
        principalId: output(cluster.principalId),
        nodeResourceGroup: output(undefined),
      };
    }
    const found = getManagedClusterOutput(
      { resourceGroupName: cluster.resourceGroup ?? "", resourceName: cluster.name ?? "" },
      { parent: this },
    );
    return {
      location: found.location,
      principalId: found.apply(({ identity }) =>
        checkedLater(this, () => controlPlanePrincipal(identity)),
      ),
      nodeResourceGroup: found.apply(({ nodeResourceGroup }) => nodeResourceGroup),
    };
  }

  /** Id and name of a group that somebody else owns, checked against the cluster's node group. */
  #existingGroup(
    given: NonNullable<AksStaticIpArgs["resourceGroupName"]>,
    nodeGroup: Output<string | undefined>,
  ): { readonly id: Output<string>; readonly name: Output<string> } {
    const name = all([given, nodeGroup]).apply(([wanted, node]) =>
      checkedLater(this, () => checkResourceGroup(wanted, node)),
    );
    return { id: getResourceGroupOutput({ resourceGroupName: name }, { parent: this }).id, name };
  }

  #grant(name: string, scope: Output<string>, principalId: Output<string>): RoleAssignment {
    const roleDefinitionId = scope.apply(networkContributorId);
    return new RoleAssignment(
      `${name}-network-contributor`,
      {
        scope,
        principalId,
        // Without it Azure looks the identity up, and fails while a new one is still spreading.
        principalType: "ServicePrincipal",
        roleDefinitionId,
        roleAssignmentName: all([scope, principalId, roleDefinitionId]).apply(
          ([where, who, what]) => roleAssignmentName(where, who, what),
        ),
      },
      { parent: this },
    );
  }
}

function missing(name: string): never {
  throw new Error(
    `Azure told neither number nor name of the public IP address of "${name}", which a static one always has: run pulumi refresh`,
  );
}
