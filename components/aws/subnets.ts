import { containsCidr, overlapCidr, parseCidr } from "cidr-tools";
import { stringifyIp } from "ip-bigint";
import { each, invalid } from "../endpoint/invalid.ts";

/** Prefix lengths that AWS takes for VPCs and subnets. */
const AWS_PREFIX = { min: 16, max: 28 } as const;

/** A zone's two networks in CIDR form. */
export interface ZoneNetworks {
  readonly publicCidr: string;
  readonly privateCidr: string;
}

/** Refuses what is no IPv4 network that AWS takes. */
export function checkNetwork(path: string, cidr: string): void {
  const [, bits = ""] = cidr.split("/");
  let start: string | undefined;
  try {
    const parsed = parseCidr(cidr);
    if (parsed.version === 4 && parsed.prefixPresent) {
      start = stringifyIp({ number: parsed.start, version: 4 });
    }
  } catch {
    start = undefined;
  }
  if (start === undefined || cidr !== `${start}/${bits}`) {
    invalid(path, `"${cidr}" is not an IPv4 network: its first address and a prefix length`);
  }
  if (Number(bits) < AWS_PREFIX.min || Number(bits) > AWS_PREFIX.max) {
    invalid(
      path,
      `"${cidr}" has a prefix of ${bits}: AWS takes ${AWS_PREFIX.min} to ${AWS_PREFIX.max}`,
    );
  }
}

/**
 * Networks for zones that were given none: with a VPC of 10.0.0.0/16, public 10.0.1.0/24, private
 * 10.0.2.0/24, public 10.0.3.0/24 and so on. A zone keeps its networks when others are added.
 *
 * @throws InputPropertyError when the VPC has no room for so many.
 */
export function divide(vpcCidr: string, zones: number): ZoneNetworks[] {
  const vpc = parseCidr(vpcCidr);
  const bits = Math.min(Number(vpc.prefix) + 8, AWS_PREFIX.max);
  const size = 1n << BigInt(32 - bits);
  const network = (number: number): string => {
    const start = vpc.start + size * BigInt(number);
    if (start + size - 1n > vpc.end) {
      invalid("cidrBlock", `${vpcCidr} has no room for two /${bits} networks in ${zones} zones`);
    }
    return `${stringifyIp({ number: start, version: 4 })}/${bits}`;
  };
  return Array.from({ length: zones }, (_, zone) => ({
    publicCidr: network(2 * zone + 1),
    privateCidr: network(2 * zone + 2),
  }));
}

/** Refuses subnets outside the VPC and ones that share addresses. */
export function checkSubnets(
  vpcCidr: string,
  subnets: readonly (readonly [path: string, cidr: string])[],
): void {
  each(subnets, ([path, cidr], index) => {
    checkNetwork(path, cidr);
    if (!containsCidr(vpcCidr, cidr)) {
      invalid(path, `${cidr} is not inside the VPC's ${vpcCidr}`);
    }
    const other = subnets.slice(0, index).find(([, earlier]) => overlapCidr(earlier, cidr));
    if (other !== undefined) {
      invalid(path, `${cidr} overlaps ${other[0]} (${other[1]})`);
    }
  });
}

/** The nth /64 of the /56 that Amazon gives a VPC. */
export function ipv6Subnet(vpcIpv6Cidr: string, number: number): string {
  const { start } = parseCidr(vpcIpv6Cidr);
  return `${stringifyIp({ number: start + (BigInt(number) << 64n), version: 6 })}/64`;
}
