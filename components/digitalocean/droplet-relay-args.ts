import type { Input } from "@pulumi/pulumi";
import type { PortArgs } from "../endpoint/index.ts";
import { invalid, together } from "../endpoint/invalid.ts";
import { checkAdminNetworks, checkNetworks } from "../endpoint/networks.ts";
import { type SplitPorts, untranslatedPorts } from "../endpoint/published.ts";
import type { DoAddress } from "./reserved-ip.ts";
import { checkTags } from "./tags.ts";

/** One droplet with a reserved address. */
export interface DoDropletRelayArgs {
  /** The address, such as that of a `DoReservedIp`; gives the region, and moves to a new droplet. */
  readonly address: Input<DoAddress>;
  /**
   * What the droplet publishes. `PUBLIC` ports are open to `sourceRanges`, `INTERNAL` ones to
   * droplets with one of `internalTags`. The target port is the port: nothing translates.
   */
  readonly ports: readonly PortArgs[];
  /** Client networks that may connect to `PUBLIC` ports, in CIDR form. Left out: all. */
  readonly sourceRanges?: readonly string[];
  /** Tags of the droplets that may connect to `INTERNAL` ports. Left out: none may. */
  readonly internalTags?: readonly string[];
  /** Networks that may connect by SSH, in CIDR form, with prefixes of 8 or more. Left out: none. */
  readonly sshSourceRanges?: readonly string[];
  /**
   * Identifiers or fingerprints of SSH keys. Without one DigitalOcean mails a password of root. A
   * change replaces the droplet.
   */
  readonly sshKeys?: readonly Input<string>[];
  /** Networks that the droplet may connect to, in CIDR form. Left out: all, or packages and images could not come. */
  readonly egressRanges?: readonly string[];
  /** Slug or identifier of the image. Left out: `ubuntu-24-04-x64`. A change replaces the droplet. */
  readonly image?: Input<string>;
  /** Slug of the size. Left out: `s-1vcpu-1gb`. */
  readonly size?: Input<string>;
  /**
   * cloud-init text. A change replaces the droplet, which keeps its address. The metadata service
   * tells it to every process of the droplet: put no secrets in it.
   */
  readonly userData?: Input<string>;
  /** Identifier of a VPC of the region. Left out: the region's default one. */
  readonly vpcUuid?: Input<string>;
  /** Give the droplet an IPv6 address too, which goes with it. Left out: false. */
  readonly ipv6?: boolean;
  /** Weekly backups, at a fifth of the droplet's price. Left out: false. */
  readonly backups?: boolean;
  /** Identifier of the project that it should appear in. Left out: the account's default one. */
  readonly projectId?: Input<string>;
  /** Tags of the droplet beside the component's own; words, as DigitalOcean has them. */
  readonly tags?: readonly string[];
}

/** The arguments after validation, with every default filled in. */
export interface CheckedDropletRelay extends SplitPorts {
  readonly sourceRanges: readonly string[];
  readonly sshSourceRanges: readonly string[];
  readonly egressRanges: readonly string[];
}

/** Everybody, in both families. */
const ANYWHERE: readonly string[] = ["0.0.0.0/0", "::/0"];

/** @throws InputPropertyError naming the property. */
export function checkDropletRelayArgs(args: DoDropletRelayArgs): CheckedDropletRelay {
  const { sourceRanges = ANYWHERE, egressRanges = ANYWHERE, sshSourceRanges = [] } = args;
  const [ports] = together(
    () => untranslatedPorts(args.ports, "packets come to the droplet as clients send them"),
    () => checkNetworks("sourceRanges", sourceRanges),
    () => {
      checkNetworks("egressRanges", egressRanges);
      if (egressRanges.length === 0) {
        invalid(
          "egressRanges",
          "is empty, and a firewall without outbound rules lets nothing out: leave it out, or name networks",
        );
      }
    },
    () => checkAdminNetworks("sshSourceRanges", sshSourceRanges),
    () => {
      if (sshSourceRanges.length > 0 && (args.sshKeys ?? []).length === 0) {
        invalid("sshKeys", "is missing: SSH with a mailed password is no way in; give a key");
      }
    },
    () => checkTags(args.tags),
  );
  return { ...ports, sourceRanges, sshSourceRanges, egressRanges };
}
