import { hex, publicAddress, uuid } from "../../cloud/identifiers.ts";
import { textOf } from "../../cloud/paths.ts";
import { addressesIn, type World } from "../../cloud/world.ts";
import type { SimulatedCloud } from "../simulated-cloud.ts";
import { functions } from "./functions.ts";
import { CLOUD, resource, T } from "./names.ts";
import * as rules from "./rules.ts";

const number = (...parts: readonly (string | number)[]): string =>
  String(300_000_000 + (Number.parseInt(hex(7, ...parts), 16) % 100_000_000));

const freeAddress = (world: World, ...parts: readonly (string | number)[]): string =>
  publicAddress("IPv4", addressesIn(world), ...parts);

const resources = [
  resource({
    type: T.tag,
    file: "tag",
    immutable: rules.tagImmutable,
    maxName: 255,
    id: ({ name }) => String(name),
    computed: ["totalResourceCount", "dropletsCount"],
  }),
  resource({
    type: T.vpc,
    file: "vpc",
    immutable: rules.vpcImmutable,
    maxName: 255,
    id: (_inputs, _scope, world) => uuid("vpc", world.serial),
    computed: ["createdAt", "default", "ipRange", "vpcUrn"],
    outputs: ({ inputs, id }) => ({
      ipRange: textOf(inputs.ipRange) ?? "10.108.0.0/20",
      vpcUrn: `do:vpc:${id}`,
    }),
  }),
  resource({
    type: T.firewall,
    file: "firewall",
    rules: [
      rules.firewallLimits,
      rules.firewallHasRules,
      rules.portRangeRequired,
      rules.firewallLetsOut,
      rules.tagExists,
    ],
    maxName: 255,
    id: (_inputs, _scope, world) => uuid("firewall", world.serial),
    computed: ["createdAt", "pendingChanges", "status"],
    outputs: () => ({ status: "succeeded" }),
  }),
  resource({
    type: T.droplet,
    file: "droplet",
    immutable: rules.dropletImmutable,
    maxName: 255,
    id: (_inputs, _scope, world) => number("droplet", world.serial),
    computed: ["dropletUrn", "ipv4Address", "ipv4AddressPrivate", "memory", "status", "vcpus"],
    outputs: ({ id, world, previous }) => ({
      dropletUrn: `do:droplet:${id}`,
      ipv4Address: previous?.ipv4Address ?? freeAddress(world, "droplet", id),
      status: "active",
    }),
  }),
  resource({
    type: T.reservedIp,
    file: "reservedIp",
    rules: [rules.addressQuota],
    immutable: rules.addressImmutable,
    id: (_inputs, _scope, world) => freeAddress(world, "reserved", world.serial),
    computed: ["ipAddress", "reservedIpUrn"],
    outputs: ({ id }) => ({ ipAddress: id, reservedIpUrn: `do:reservedip:${id}` }),
  }),
  resource({
    type: T.reservedIpAssignment,
    file: "reservedIpAssignment",
    rules: [
      rules.assignmentDroplet,
      rules.assignmentRegion,
      rules.oneAssignment,
      rules.dropletBusy,
    ],
    immutable: rules.assignmentImmutable,
    // The same address on the same droplet is the same assignment, however often it is asked for.
    id: ({ ipAddress, dropletId }) =>
      `${dropletId}-${ipAddress}-${hex(26, String(dropletId), String(ipAddress))}`,
    computed: [],
  }),
  resource({
    type: T.loadBalancer,
    file: "loadBalancer",
    rules: [
      rules.lbHealthPath,
      rules.lbTargets,
      rules.lbDroplets,
      rules.lbTargetPort,
      rules.lbCarriesUdp,
    ],
    immutable: rules.lbImmutable,
    maxName: 255,
    id: (_inputs, _scope, world) => uuid("lb", world.serial),
    computed: ["ip", "ipv6", "loadBalancerUrn", "status"],
    outputs: ({ id, world, previous }) => ({
      ip: previous?.ip ?? freeAddress(world, "lb", id),
      loadBalancerUrn: `do:loadbalancer:${id}`,
      status: "active",
    }),
  }),
  resource({
    type: T.projectResources,
    file: "projectResources",
    immutable: rules.projectImmutable,
    id: ({ project }) => String(project),
    computed: [],
  }),
];

/** DigitalOcean: droplets, reserved addresses, firewalls and load balancers. */
export const digitalocean: SimulatedCloud = {
  name: CLOUD,
  sdk: "@pulumi/digitalocean",
  throttling: {
    id: "digitalocean-throttling",
    basis: "read",
    says: "A throttled call is made again 4 times (httpRetryMax).",
    source: "digitalocean/terraform-provider-digitalocean digitalocean/provider.go http_retry_max",
    retries: 4,
  },
  resources: resources.map(({ shape }) => shape),
  models: resources.map(({ model }) => model),
  functions,
};
