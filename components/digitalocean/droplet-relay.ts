import { Droplet } from "@pulumi/digitalocean/droplet.js";
import { Firewall } from "@pulumi/digitalocean/firewall.js";
import { ProjectResources } from "@pulumi/digitalocean/projectResources.js";
import { ReservedIpAssignment } from "@pulumi/digitalocean/reservedIpAssignment.js";
import { Tag } from "@pulumi/digitalocean/tag.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from "@pulumi/pulumi";
import type { Endpoint, HasEndpoint, Port } from "../endpoint/index.ts";
import { publishedPorts } from "../endpoint/published.ts";
import {
  type CheckedDropletRelay,
  checkDropletRelayArgs,
  type DoDropletRelayArgs,
} from "./droplet-relay-args.ts";
import { ownTag } from "./tags.ts";

/**
 * A workload on one droplet, on a reserved address that outlives it, behind a firewall that knows
 * the droplet by tag: it is there before the droplet boots, and for each one after it.
 *
 * @see https://docs.digitalocean.com/products/networking/firewalls/
 */
export class DoDropletRelay extends ComponentResource implements HasEndpoint {
  /** The reserved address and the `PUBLIC` ports. */
  readonly endpoint: Output<Endpoint>;
  /** Identifier of the droplet; changes when it is replaced. */
  readonly dropletId: Output<string>;

  /**
   * @param name Unique among the program's components; children are named `<name>-droplet`,
   * `<name>-firewall` and so on.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: DoDropletRelayArgs, opts?: ComponentResourceOptions) {
    const checked = checkDropletRelayArgs(args);
    super("pulumi-udp:digitalocean:DoDropletRelay", name, {}, opts);

    const address = output(args.address);
    const tag = new Tag(`${name}-tag`, { name: ownTag(name) }, { parent: this });
    const firewall = new Firewall(
      `${name}-firewall`,
      {
        tags: [tag.name],
        inboundRules: inboundRules(checked, args.internalTags ?? []),
        outboundRules: ["tcp", "udp", "icmp"].map((protocol) => ({
          protocol,
          ...(protocol === "icmp" ? {} : { portRange: "1-65535" }),
          destinationAddresses: [...checked.egressRanges],
        })),
      },
      { parent: this },
    );
    const droplet = new Droplet(
      `${name}-droplet`,
      {
        region: address.region,
        image: args.image ?? "ubuntu-24-04-x64",
        size: args.size ?? "s-1vcpu-1gb",
        sshKeys: [...(args.sshKeys ?? [])],
        monitoring: true,
        ipv6: args.ipv6 ?? false,
        backups: args.backups ?? false,
        ...(args.userData === undefined ? {} : { userData: args.userData }),
        ...(args.vpcUuid === undefined ? {} : { vpcUuid: args.vpcUuid }),
        tags: [tag.name, ...(args.tags ?? [])],
      },
      { parent: this, dependsOn: [firewall] },
    );
    new ReservedIpAssignment(
      `${name}-address`,
      { ipAddress: address.ipAddress, dropletId: droplet.id.apply(dropletNumber) },
      // A new droplet takes the address from the old one, whose assignment is then only forgotten:
      // the provider takes an address back from nobody but the droplet of the assignment.
      { parent: this },
    );
    if (args.projectId !== undefined) {
      new ProjectResources(
        `${name}-project`,
        { project: args.projectId, resources: [droplet.dropletUrn] },
        { parent: this },
      );
    }

    this.dropletId = droplet.id;
    this.endpoint = output({
      addresses: [address.ipAddress],
      ports: publishedPorts(checked.publicPorts),
    });
    this.registerOutputs({ endpoint: this.endpoint, dropletId: this.dropletId });
  }
}

/** The provider tells a droplet's identifier as text and wants it as a number. */
function dropletNumber(id: string): number {
  const number = Number(id);
  if (!Number.isSafeInteger(number)) {
    throw new Error(`"${id}" is not the identifier of a droplet`);
  }
  return number;
}

function inboundRules(checked: CheckedDropletRelay, internalTags: readonly string[]) {
  const rule = ({ protocol, port }: Port, sources: object) => ({
    protocol: protocol.toLowerCase(),
    portRange: String(port),
    ...sources,
  });
  const { publicPorts, internalPorts, sourceRanges, sshSourceRanges } = checked;
  const ssh =
    sshSourceRanges.length === 0
      ? []
      : [{ protocol: "tcp", portRange: "22", sourceAddresses: [...sshSourceRanges] }];
  return [
    ...publicPorts.map((port) => rule(port, { sourceAddresses: [...sourceRanges] })),
    ...(internalTags.length === 0
      ? []
      : internalPorts.map((port) => rule(port, { sourceTags: [...internalTags] }))),
    ...ssh,
  ];
}
