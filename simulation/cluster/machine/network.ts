import type { NodePlan } from "./plan.ts";
import { LAN } from "./plan.ts";

/** A command and its arguments. */
export type Command = readonly string[];

/**
 * The LAN: a bridge in the leader's network namespace, with a namespace for each node and one for
 * a client. The bridge is the router that everybody has as default route, and it forwards nothing:
 * no packet leaves, whatever its destination.
 *
 * The nodes are no part of the bridge's namespace: netfilter on a bridge would let one node's
 * address translation take frames that are for another.
 */
export function lanCommands(nodes: readonly NodePlan[]): readonly Command[] {
  return [
    ["ip", "link", "set", "lo", "up"],
    ["ip", "link", "add", "lan", "type", "bridge"],
    ["ip", "address", "add", `${LAN.router}/${LAN.prefix}`, "dev", "lan"],
    ["ip", "link", "set", "lan", "up"],
    ...nodes.flatMap(({ name, address }) => host(name, address)),
    ...nodes.flatMap((node) => routesFrom(node, nodes)),
    ...host("client", LAN.client),
  ];
}

/** A host on the LAN in a network namespace of its name. */
function host(name: string, address: string): readonly Command[] {
  const inside = ["ip", "-n", name];
  return [
    ["ip", "netns", "add", name],
    ["ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name],
    ["ip", "link", "set", name, "master", "lan", "up"],
    [...inside, "link", "set", "lo", "up"],
    [...inside, "address", "add", `${address}/${LAN.prefix}`, "dev", "eth0"],
    [...inside, "link", "set", "eth0", "up"],
    [...inside, "route", "add", "default", "via", LAN.router],
  ];
}

function routesFrom(node: NodePlan, nodes: readonly NodePlan[]): readonly Command[] {
  return nodes
    .filter((other) => other !== node)
    .map(({ podRange, address }) => [
      ...["ip", "-n", node.name, "route", "add", podRange, "via", address],
    ]);
}
