import type { World } from "../../cloud/world.ts";

export const CLOUD = "azure-native";

/** The subscription of a world that names none. */
const SUBSCRIPTION = "00000000-0000-4000-8000-000000000001";
const TENANT = "00000000-0000-4000-8000-0000000000aa";

export const subscriptionOf = (world: World): string => world.seed.subscriptionId ?? SUBSCRIPTION;
export const tenantOf = (world: World): string => world.seed.tenantId ?? TENANT;

export function groupId(subscription: string, group: string): string {
  return `/subscriptions/${subscription}/resourceGroups/${group}`;
}

/** Identifier of a resource inside a group, for example of type `Microsoft.Network/publicIPAddresses`. */
export function resourceId(
  subscription: string,
  group: string,
  type: string,
  name: string,
): string {
  return `${groupId(subscription, group)}/providers/${type}/${name}`;
}

/** The identifier of the resource group that an identifier names or lies in. */
export function groupIdOf(id: string): string | undefined {
  return /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+/i.exec(id)?.[0];
}

/** Azure compares identifiers without regard to case. */
export function sameId(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** True if `scope` is `id` itself or one of the things around it. */
export function covers(scope: string, id: string): boolean {
  return sameId(scope, id) || id.toLowerCase().startsWith(`${scope.toLowerCase()}/`);
}
