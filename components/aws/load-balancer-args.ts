import type { Input } from "@pulumi/pulumi";
import { type PortArgs, resolvePorts } from "../endpoint/index.ts";
import { invalid, together } from "../endpoint/invalid.ts";
import { checkNetworks } from "../endpoint/networks.ts";
import { isPlain } from "../endpoint/plain.ts";
import { type SplitPorts, splitPorts } from "../endpoint/published.ts";
import { oneOf, whole } from "../endpoint/values.ts";
import { AWS_LIMITS } from "./limits.ts";
import { type Listener, mergeListeners } from "./listeners.ts";
import type { AwsAddress } from "./static-ips.ts";

/** What the targets of a load balancer are. */
export const TargetType = {
  /** EC2 instances, by their identifiers. */
  Instance: "instance",
  /** Addresses inside the VPC: Fargate tasks, pods, others. */
  Ip: "ip",
} as const;
export type TargetType = (typeof TargetType)[keyof typeof TargetType];

/** How a health check asks. There is none over UDP. */
export const HealthCheckProtocol = { Tcp: "TCP", Http: "HTTP", Https: "HTTPS" } as const;
export type HealthCheckProtocol = (typeof HealthCheckProtocol)[keyof typeof HealthCheckProtocol];

/** How AWS finds out whether a target works. */
export interface AwsHealthCheckArgs {
  /** TCP port of the target that is asked; it should answer only while the UDP port is served. */
  readonly port: number;
  /** Left out: `HTTP` with a `path`, else `TCP`. */
  readonly protocol?: HealthCheckProtocol;
  /** Path of an HTTP request, answered with 200 to 399. Goes with `HTTP` and `HTTPS`. */
  readonly path?: string;
  /** Seconds between checks, 5 to 300. Left out: 10. */
  readonly intervalSeconds?: number;
  /** Seconds until a check has failed, 2 to the interval. Left out: 6 for HTTP, else 10, at most the interval. */
  readonly timeoutSeconds?: number;
  /** Checks in a row that bring a target in, 2 to 10. Left out: 3. */
  readonly healthyThreshold?: number;
  /** Checks in a row that take a target out, 2 to 10. Left out: 3. */
  readonly unhealthyThreshold?: number;
}

/** A Network Load Balancer for UDP and TCP. */
export interface AwsUdpLoadBalancerArgs {
  /** VPC of the targets. */
  readonly vpcId: Input<string>;
  /** One subnet in each zone that has targets; public ones, unless `internal`. */
  readonly subnetIds: Input<readonly Input<string>[]>;
  /**
   * A static address for each subnet, in their order, such as `addresses` of an `AwsStaticIps`.
   * Left out: AWS gives addresses that change with the load balancer; use `endpoint.hostname`.
   */
  readonly addresses?: Input<readonly AwsAddress[]>;
  /**
   * What the workload publishes. `PUBLIC` ports become listeners, TCP and UDP on one number a
   * single one; 50 at most. `INTERNAL` ones are opened between targets only.
   */
  readonly ports: readonly PortArgs[];
  /** How targets are checked. Demanded: AWS would ask UDP ports over HTTP on their own number. */
  readonly healthCheck: AwsHealthCheckArgs;
  /** `instance` or `ip`. Left out: `ip`. A change replaces the target groups. */
  readonly targetType?: TargetType;
  /**
   * Targets that are known here: instance identifiers, or addresses inside the VPC. Left out:
   * none; an ECS service registers its own tasks.
   */
  readonly targets?: readonly Input<string>[];
  /** Client networks that may connect, in CIDR form. Left out: all of IPv4, and IPv6 if dual-stack. */
  readonly sourceRanges?: readonly string[];
  /** Reachable from inside the VPC only; without `addresses`. Left out: false. */
  readonly internal?: boolean;
  /**
   * Spread flows over the targets of all zones. Left out: true with `addresses`, since clients of
   * a zone's address have nowhere else to go when its targets are gone; else false, AWS's default.
   * Traffic between zones costs 0.01 USD a gigabyte in each direction.
   */
  readonly crossZone?: boolean;
  /** Send all flows of one client address to one target. Left out: false. */
  readonly stickySourceAddress?: boolean;
  /**
   * Let targets see the client's address. Left out: true. False is refused where there is a UDP
   * port, as AWS refuses it.
   */
  readonly preserveClientIp?: boolean;
  /** Seconds that a target on its way out keeps its flows, 0 to 3600. Left out: 30. */
  readonly deregistrationDelaySeconds?: number;
  /**
   * IPv4 and IPv6, in subnets that have both. AWS then sends UDP to targets from an address range
   * of its own, which cannot be turned off while there is a UDP listener. Not yet seen on a real
   * account by this project. Left out: false.
   */
  readonly dualStack?: boolean;
  /** AWS refuses to delete the load balancer until this is false again. Left out: false. */
  readonly deletionProtection?: boolean;
  /** AWS tags of everything. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** The health check as AWS takes it, nothing left to its defaults. */
export interface CheckedHealthCheck {
  readonly protocol: HealthCheckProtocol;
  readonly port: string;
  readonly path?: string;
  readonly matcher?: string;
  readonly interval: number;
  readonly timeout: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

/** The arguments after validation, with every default filled in. */
export interface CheckedAwsLoadBalancer extends SplitPorts {
  readonly listeners: readonly Listener[];
  readonly healthCheck: CheckedHealthCheck;
  readonly targetType: TargetType;
  readonly deregistrationDelay: number;
  readonly sourceRanges: readonly string[];
}

/**
 * Checks everything that is known before the first resource is registered.
 *
 * @throws InputPropertyError naming the property, the limit and the way out; for several
 * InputPropertiesError.
 */
export function checkLoadBalancerArgs(args: AwsUdpLoadBalancerArgs): CheckedAwsLoadBalancer {
  const { internal, addresses, subnetIds } = args;
  const everybody = args.dualStack === true ? ["0.0.0.0/0", "::/0"] : ["0.0.0.0/0"];
  const deregistrationDelay = args.deregistrationDelaySeconds ?? 30;
  const [ports, targetType, healthCheck] = together(
    () => checkPorts(args),
    () => oneOf("targetType", args.targetType ?? TargetType.Ip, TargetType),
    () => checkHealthCheck(args.healthCheck),
    () => whole("deregistrationDelaySeconds", deregistrationDelay, AWS_LIMITS.deregistrationDelay),
    () => {
      if (internal === true && addresses !== undefined) {
        invalid(
          "addresses",
          "are public, but the load balancer is internal: leave one of them out",
        );
      }
      if (isPlain(subnetIds) && addresses !== undefined && isPlain(addresses)) {
        checkAddresses(subnetIds.length, addresses.length);
      }
    },
    () => checkNetworks("sourceRanges", args.sourceRanges ?? []),
  );
  const sourceRanges = args.sourceRanges ?? everybody;
  return { ...ports, healthCheck, targetType, deregistrationDelay, sourceRanges };
}

function checkPorts(
  args: AwsUdpLoadBalancerArgs,
): SplitPorts & Pick<CheckedAwsLoadBalancer, "listeners"> {
  const ports = resolvePorts(args.ports);
  const split = splitPorts(ports, "a load balancer needs one listener at least");
  const listeners = mergeListeners(ports);
  const { listenersPerLoadBalancer: most } = AWS_LIMITS;
  if (listeners.length > most) {
    invalid(
      "ports",
      `makes ${listeners.length} listeners, and a load balancer takes ${most}: publish fewer, or put a director behind one port`,
    );
  }
  const udp = listeners.find(({ protocol }) => protocol !== "TCP");
  if (args.preserveClientIp === false && udp !== undefined) {
    invalid(
      "preserveClientIp",
      `is false, but AWS always keeps the client's address for UDP ("${udp.name}"): leave it out`,
    );
  }
  return { ...split, listeners };
}

/** @throws InputPropertyError unless each subnet has an address. */
export function checkAddresses(subnets: number, addresses: number): void {
  if (subnets !== addresses) {
    invalid(
      "addresses",
      `are ${addresses} for ${subnets} subnets, but each subnet takes one: give AwsStaticIps a count of ${subnets}`,
    );
  }
}

function checkHealthCheck(given: AwsHealthCheckArgs | undefined): CheckedHealthCheck {
  if (given === undefined) {
    invalid(
      "healthCheck",
      'is missing: AWS has no UDP health check and would send HTTP to the UDP port\'s number. Give the TCP port of a check, such as { port: 9090, path: "/readyz" }',
    );
  }
  const { path } = given;
  const protocol = given.protocol ?? (path === undefined ? "TCP" : "HTTP");
  oneOf("healthCheck.protocol", protocol, HealthCheckProtocol);
  const interval = given.intervalSeconds ?? 10;
  const timeout = given.timeoutSeconds ?? Math.min(interval, protocol === "HTTP" ? 6 : 10);
  const healthyThreshold = given.healthyThreshold ?? 3;
  const unhealthyThreshold = given.unhealthyThreshold ?? 3;
  const { healthCheckInterval, healthCheckTimeout, healthCheckThreshold } = AWS_LIMITS;
  together(
    () => checkPath(protocol, path),
    () => whole("healthCheck.port", given.port, { min: 1, max: 65_535 }),
    () => whole("healthCheck.intervalSeconds", interval, healthCheckInterval),
    () => {
      whole("healthCheck.timeoutSeconds", timeout, healthCheckTimeout);
      if (timeout > interval) {
        invalid(
          "healthCheck.timeoutSeconds",
          `${timeout} is more than the interval of ${interval}`,
        );
      }
    },
    () => whole("healthCheck.healthyThreshold", healthyThreshold, healthCheckThreshold),
    () => whole("healthCheck.unhealthyThreshold", unhealthyThreshold, healthCheckThreshold),
  );
  return {
    protocol,
    port: String(given.port),
    ...(path === undefined ? {} : { path, matcher: "200-399" }),
    interval,
    timeout,
    healthyThreshold,
    unhealthyThreshold,
  };
}

function checkPath(protocol: HealthCheckProtocol, path: string | undefined): void {
  if ((path === undefined) !== (protocol === "TCP")) {
    invalid(
      "healthCheck.path",
      path === undefined
        ? `is missing: ${protocol} asks for a path`
        : "is given, but TCP only connects",
    );
  }
  if (path !== undefined && !path.startsWith("/")) {
    invalid("healthCheck.path", `"${path}" does not begin with /`);
  }
}
