import { each, invalid, together } from "../endpoint/invalid.ts";
import { oneOf } from "../endpoint/values.ts";
import { checkNetwork, checkSubnets, divide } from "./subnets.ts";

/**
 * How private subnets reach the Internet. Prices: us-east-2, 730 hours; traffic costs 0.045 USD a
 * gigabyte on top. https://aws.amazon.com/vpc/pricing/
 */
export const NatGateways = {
  /** Not at all. 0 USD. */
  None: "NONE",
  /** Through one zone; its outage takes all of them off. About 33 USD a month. */
  Single: "SINGLE",
  /** Each zone by itself. About 33 USD a month and zone. */
  PerZone: "PER_ZONE",
} as const;
export type NatGateways = (typeof NatGateways)[keyof typeof NatGateways];

/** An availability zone and its two subnets. */
export interface AwsZoneArgs {
  /** Name of the zone, such as `us-east-2a`. */
  readonly name: string;
  /** Network of its public subnet, inside the VPC's. Left out: counted up from the VPC's. */
  readonly publicCidr?: string;
  /** Network of its private subnet, inside the VPC's. Left out: counted up from the VPC's. */
  readonly privateCidr?: string;
}

/** A VPC with public and private subnets. */
export interface AwsNetworkArgs {
  /** IPv4 network of the VPC, prefix 16 to 28. Left out: `10.0.0.0/16`. A change replaces all. */
  readonly cidrBlock?: string;
  /**
   * Zones by name, at least one. The order counts for networks that are left out: add at the end.
   */
  readonly zones: readonly AwsZoneArgs[];
  /** Left out: `NONE`. */
  readonly natGateways?: NatGateways;
  /**
   * Reach S3 and DynamoDB without NAT, by gateway endpoints, which cost nothing; ECR keeps its
   * image layers in S3. Left out: true.
   */
  readonly gatewayEndpoints?: boolean;
  /** Give the VPC an IPv6 network of Amazon's and each subnet a /64 of it. Left out: false. */
  readonly ipv6?: boolean;
  /** AWS tags of everything. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** The arguments after validation, with every default filled in. */
export interface CheckedNetwork {
  /** Region of the zones. */
  readonly region: string;
  readonly cidrBlock: string;
  readonly zones: readonly Required<AwsZoneArgs>[];
  readonly natGateways: NatGateways;
  readonly gatewayEndpoints: boolean;
  readonly ipv6: boolean;
}

/** A region's zone (`us-east-2a`) or a local one (`us-west-2-lax-1a`). */
const ZONE = /^([a-z]{2}(?:-[a-z]+)+-\d+)(?:-[a-z]+-\d+)?[a-z]$/;

/** @throws InputPropertyError naming the property; for several InputPropertiesError. */
export function checkNetworkArgs(args: AwsNetworkArgs): CheckedNetwork {
  const { cidrBlock = "10.0.0.0/16", natGateways = NatGateways.None } = args;
  const [, , region] = together(
    () => checkNetwork("cidrBlock", cidrBlock),
    () => oneOf("natGateways", natGateways, NatGateways),
    () => checkZones(args.zones),
  );
  const derived = divide(cidrBlock, args.zones.length);
  const zones = args.zones.map((zone, index) => ({
    name: zone.name,
    publicCidr: zone.publicCidr ?? derived[index]?.publicCidr ?? "",
    privateCidr: zone.privateCidr ?? derived[index]?.privateCidr ?? "",
  }));
  checkSubnets(
    cidrBlock,
    zones.flatMap(({ publicCidr, privateCidr }, index) => [
      [`zones[${index}].publicCidr`, publicCidr] as const,
      [`zones[${index}].privateCidr`, privateCidr] as const,
    ]),
  );
  const { gatewayEndpoints = true, ipv6 = false } = args;
  return { region, cidrBlock, zones, natGateways, gatewayEndpoints, ipv6 };
}

/** The region of the zones. */
function checkZones(zones: readonly AwsZoneArgs[]): string {
  if (zones.length === 0) {
    invalid("zones", 'is empty: give at least one, such as { name: "us-east-2a" }');
  }
  const regionOf = (zone: AwsZoneArgs | undefined) => ZONE.exec(zone?.name ?? "")?.[1];
  const region = regionOf(zones.find((zone) => regionOf(zone) !== undefined)) ?? "";
  each(zones, (zone, index) => {
    const at = `zones[${index}].name`;
    const own = regionOf(zone);
    if (own === undefined) {
      invalid(at, `"${zone.name}" is not a zone, such as us-east-2a`);
    }
    if (zones.findIndex(({ name }) => name === zone.name) < index) {
      invalid(at, `"${zone.name}" is there twice`);
    }
    if (own !== region) {
      invalid(at, `is in ${own}, and the others are in ${region}`);
    }
  });
  return region;
}
