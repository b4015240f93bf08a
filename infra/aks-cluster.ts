import { RoleAssignment } from "@pulumi/azure-native/authorization/roleAssignment.js";
import { ManagedCluster } from "@pulumi/azure-native/containerservice/managedCluster.js";
import { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity/userAssignedIdentity.js";
import { Subnet } from "@pulumi/azure-native/network/subnet.js";
import { VirtualNetwork } from "@pulumi/azure-native/network/virtualNetwork.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import type { Provider } from "@pulumi/kubernetes/provider.js";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from "@pulumi/pulumi";
import { networkContributorId, roleAssignmentName, roleRetry } from "pulumi-udp/aks";
import { kubernetesOn } from "./aks-access.ts";

/** What carries packets between pods and nodes. */
export type AksDataplane = "azure" | "cilium";

/** Nodes of one size. */
export interface AksNodePool {
  /** 1 to 12 of a-z and 0-9, a letter first. */
  readonly name: string;
  /** Size of the machines, such as `Standard_D2s_v5`. */
  readonly vmSize: string;
  /** Number of nodes, 1 to 1000. */
  readonly count: number;
  /** Zones of the region that they are spread over. Empty: Azure's choice. Fixed once made. */
  readonly zones: readonly string[];
  /**
   * Bytes that a UDP socket may hold of packets not read yet (`net.core.rmem_default` and
   * `rmem_max`), 212992 to 134217728. Left out: the node image's own, 212992, which a burst of a
   * few hundred large packets fills. Fixed once the pool is made.
   * @see https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/troubleshoot-udp-packet-drops
   */
  readonly receiveBufferBytes?: number | undefined;
}

/** A network of the cluster's own. */
export interface AksNetwork {
  /** Addresses of the virtual network, in CIDR form. */
  readonly addressSpace: string;
  /** Addresses of the nodes, inside `addressSpace`. Pods have addresses of an overlay. */
  readonly nodeSubnet: string;
}

/** An AKS cluster that this program makes. */
export interface AksClusterArgs {
  /** Azure region. */
  readonly location: string;
  /** Left out: what AKS takes for its default when the cluster is made. */
  readonly kubernetesVersion?: string;
  /** The first one runs the cluster's own pods, too (mode System). */
  readonly nodePools: readonly AksNodePool[];
  readonly dataplane: AksDataplane;
  /** Left out: AKS makes the network, in the nodes' resource group. */
  readonly network?: AksNetwork;
  /** Let nobody but AKS write into the nodes' resource group. */
  readonly lockNodeResourceGroup: boolean;
  /** Azure tags of all of it. */
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * An AKS cluster with what UDP needs: a Standard load balancer, an identity of its own that is
 * known before the cluster is, so that rights come first, and Azure CNI in overlay mode.
 *
 * With a network of its own the identity gets Network Contributor on the nodes' subnet before the
 * cluster is made: without, AKS cannot join it. The subnet has no security group: AKS keeps one on
 * the nodes' interfaces, with rules to the load balancers' addresses, and a second one on the
 * subnet would have to repeat them.
 *
 * The cluster is protected: it takes all that runs in it along.
 */
export class AksCluster extends ComponentResource {
  readonly clusterName: Output<string>;
  readonly resourceGroupName: Output<string>;
  readonly location: Output<string>;
  /** Object id of what the control plane acts as: who has to be given rights on addresses. */
  readonly principalId: Output<string>;
  /** Access as the cluster's user. */
  readonly provider: Provider;

  constructor(name: string, args: AksClusterArgs, opts?: ComponentResourceOptions) {
    super("udp:infra:AksCluster", name, {}, opts);
    const { location, tags } = args;
    const protect = opts?.protect ?? true;
    const group = new ResourceGroup(`${name}-group`, { location, tags }, { parent: this, protect });
    const identity = new UserAssignedIdentity(
      `${name}-identity`,
      { resourceGroupName: group.name, location, tags },
      { parent: this },
    );
    const nodes =
      args.network === undefined ? undefined : this.#network(name, args, group, identity);
    const cluster = new ManagedCluster(
      `${name}-cluster`,
      {
        resourceGroupName: group.name,
        location,
        dnsPrefix: name,
        ...(args.kubernetesVersion === undefined
          ? {}
          : { kubernetesVersion: args.kubernetesVersion }),
        identity: { type: "UserAssigned", userAssignedIdentities: [identity.id] },
        agentPoolProfiles: args.nodePools.map((pool, index) => ({
          name: pool.name,
          mode: index === 0 ? "System" : "User",
          type: "VirtualMachineScaleSets",
          osType: "Linux",
          vmSize: pool.vmSize,
          count: pool.count,
          ...(pool.zones.length === 0 ? {} : { availabilityZones: [...pool.zones] }),
          ...(nodes === undefined ? {} : { vnetSubnetID: nodes.subnetId }),
          ...(pool.receiveBufferBytes === undefined
            ? {}
            : {
                linuxOSConfig: {
                  sysctls: {
                    netCoreRmemDefault: pool.receiveBufferBytes,
                    netCoreRmemMax: pool.receiveBufferBytes,
                  },
                },
              }),
        })),
        networkProfile: {
          loadBalancerSku: "standard",
          outboundType: "loadBalancer",
          networkPlugin: "azure",
          networkPluginMode: "overlay",
          networkDataplane: args.dataplane,
          networkPolicy: args.dataplane,
        },
        nodeResourceGroupProfile: {
          restrictionLevel: args.lockNodeResourceGroup ? "ReadOnly" : "Unrestricted",
        },
        tags,
      },
      {
        parent: this,
        protect,
        ...(nodes === undefined
          ? {}
          : { dependsOn: [nodes.role], hooks: { onError: [roleRetry(`${name}-role-spreads`)] } }),
      },
    );
    this.clusterName = cluster.name;
    this.resourceGroupName = group.name;
    this.location = output(location);
    this.principalId = identity.principalId;
    this.provider = kubernetesOn(
      `${name}-access`,
      { name: cluster.name, resourceGroup: group.name },
      { parent: this },
    );
    this.registerOutputs({ clusterName: this.clusterName, principalId: this.principalId });
  }

  /** Network and subnet, and the identity's right to join it. */
  #network(
    name: string,
    { location, tags, network }: AksClusterArgs,
    group: ResourceGroup,
    identity: UserAssignedIdentity,
  ): { readonly subnetId: Output<string>; readonly role: RoleAssignment } {
    const { addressSpace = "", nodeSubnet = "" } = network ?? {};
    const vnet = new VirtualNetwork(
      `${name}-network`,
      {
        resourceGroupName: group.name,
        location,
        addressSpace: { addressPrefixes: [addressSpace] },
        tags,
      },
      { parent: this },
    );
    const subnet = new Subnet(
      `${name}-nodes`,
      {
        resourceGroupName: group.name,
        virtualNetworkName: vnet.name,
        subnetName: "nodes",
        addressPrefix: nodeSubnet,
      },
      { parent: this },
    );
    const roleDefinitionId = subnet.id.apply(networkContributorId);
    const role = new RoleAssignment(
      `${name}-nodes-contributor`,
      {
        scope: subnet.id,
        principalId: identity.principalId,
        // Without it Azure looks the identity up, and fails while a new one is still spreading.
        principalType: "ServicePrincipal",
        roleDefinitionId,
        roleAssignmentName: all([subnet.id, identity.principalId, roleDefinitionId]).apply(
          ([where, who, what]) => roleAssignmentName(where, who, what),
        ),
      },
      { parent: this },
    );
    return { subnetId: subnet.id, role };
  }
}
