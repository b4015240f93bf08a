import type { Properties } from "../../../components/provider/index.ts";
import { hex, uuid } from "../../cloud/identifiers.ts";
import { textOf } from "../../cloud/paths.ts";
import { objectsOf, type World } from "../../cloud/world.ts";
import { MANAGED_CLUSTER, userPrincipal } from "./managed-cluster-rules.ts";
import { CLOUD, groupId, sameId, subscriptionOf } from "./resource-ids.ts";

/** An AKS cluster as the simulated clouds know it. */
export interface Cluster {
  readonly name: string;
  readonly resourceGroup: string;
  readonly location: string;
  readonly identity: "SystemAssigned" | "UserAssigned" | "None";
  /** Object id of the identity that the control plane acts as; empty without one. */
  readonly principalId: string;
  readonly nodeResourceGroup: string;
  readonly fqdn: string;
}

/** What is known of a cluster that a program makes or has made. */
export function createdCluster(
  world: World,
  { id, inputs }: { readonly id: string; readonly inputs: Properties },
): Cluster {
  const name = String(inputs.resourceName);
  const resourceGroup = String(inputs.resourceGroupName);
  const location = textOf(inputs.location) ?? "westeurope";
  const prefix = textOf(inputs.dnsPrefix) ?? name;
  return {
    name,
    resourceGroup,
    location,
    identity: "UserAssigned",
    principalId: userPrincipal(world, inputs),
    nodeResourceGroup:
      textOf(inputs.nodeResourceGroup) ?? `MC_${resourceGroup}_${name}_${location}`,
    fqdn: `${prefix}-${hex(8, id)}.hcp.${location}.azmk8s.io`,
  };
}

const madeClusters = (world: World): readonly Cluster[] =>
  objectsOf(world, CLOUD, MANAGED_CLUSTER).map((object) => createdCluster(world, object));

/** The cluster of that name: made, seeded or assumed; `undefined` where the world has none. */
export function findCluster(world: World, group: string, name: string): Cluster | undefined {
  const made = madeClusters(world).find(
    (cluster) => sameId(cluster.name, name) && sameId(cluster.resourceGroup, group),
  );
  if (made !== undefined) {
    return made;
  }
  const seeded = world.seed.clusters?.find(
    (cluster) => sameId(cluster.name, name) && sameId(cluster.resourceGroup, group),
  );
  if (seeded === undefined && world.seed.anyCluster === false) {
    return undefined;
  }
  const location = seeded?.location ?? "westeurope";
  const identity = seeded?.identity ?? "SystemAssigned";
  const key = [subscriptionOf(world), group.toLowerCase(), name.toLowerCase()];
  return {
    name,
    resourceGroup: group,
    location,
    identity,
    principalId: identity === "None" ? "" : (seeded?.principalId ?? uuid("principal", ...key)),
    nodeResourceGroup: seeded?.nodeResourceGroup ?? `MC_${group}_${name}_${location}`,
    fqdn: `${name}-dns-${hex(8, ...key)}.hcp.${location}.azmk8s.io`,
  };
}

/**
 * Where a resource group lies, or `undefined` if there is none of that name. Groups are made by
 * programs or seeded; the groups of seeded clusters exist too, nodes' groups included.
 */
export function findGroup(world: World, group: string): { location: string } | undefined {
  const id = groupId(subscriptionOf(world), group);
  const made = objectsOf(world, CLOUD, "azure-native:resources:ResourceGroup").find((object) =>
    sameId(object.id, id),
  );
  if (made !== undefined) {
    return { location: String(made.inputs.location ?? "westeurope") };
  }
  if (world.seed.resourceGroups?.some((seeded) => sameId(seeded, group))) {
    return { location: "westeurope" };
  }
  const seeded = (world.seed.clusters ?? []).map((seed) =>
    findCluster(world, seed.resourceGroup, seed.name),
  );
  for (const cluster of [...madeClusters(world), ...seeded]) {
    if (
      cluster !== undefined &&
      (sameId(cluster.resourceGroup, group) || sameId(cluster.nodeResourceGroup, group))
    ) {
      return { location: cluster.location };
    }
  }
  return undefined;
}

/** Credentials as `listManagedClusterUserCredentials` gives them. The token opens nothing. */
export function kubeconfigOf(cluster: Cluster): string {
  const user = `clusterUser_${cluster.resourceGroup}_${cluster.name}`;
  return `apiVersion: v1
kind: Config
current-context: ${cluster.name}
clusters:
- name: ${cluster.name}
  cluster:
    server: https://${cluster.fqdn}:443
contexts:
- name: ${cluster.name}
  context:
    cluster: ${cluster.name}
    user: ${user}
users:
- name: ${user}
  user:
    token: ${hex(32, "token", cluster.fqdn)}
`;
}

/** The cluster that a kubeconfig of `kubeconfigOf` leads to. */
export function clusterOfKubeconfig(
  kubeconfig: string,
): { resourceGroup: string; name: string } | undefined {
  const name = /"?current-context"?:\s*"?([^\s",]+)/.exec(kubeconfig)?.[1];
  if (name === undefined) {
    return undefined;
  }
  const users = kubeconfig.matchAll(/clusterUser_([^\s"]+)/g);
  for (const [, user = ""] of users) {
    if (user.endsWith(`_${name}`)) {
      return { resourceGroup: user.slice(0, -name.length - 1), name };
    }
  }
  return undefined;
}
