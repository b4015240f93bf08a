import type { Input } from "@pulumi/pulumi";
import type { PortArgs } from "../endpoint/index.ts";
import { invalid, together } from "../endpoint/invalid.ts";
import { checkNetworks } from "../endpoint/networks.ts";
import { type SplitPorts, untranslatedPorts } from "../endpoint/published.ts";
import { oneOf, type Range, whole } from "../endpoint/values.ts";

/** How a health check asks. There is none over UDP. */
export const DoHealthCheckProtocol = { Tcp: "tcp", Http: "http", Https: "https" } as const;
export type DoHealthCheckProtocol =
  (typeof DoHealthCheckProtocol)[keyof typeof DoHealthCheckProtocol];

/** How DigitalOcean finds out whether a droplet works. */
export interface DoHealthCheckArgs {
  /** TCP port of the droplet that is asked; it should answer only while the UDP port is served. */
  readonly port: number;
  /** Left out: `http` with a `path`, else `tcp`. */
  readonly protocol?: DoHealthCheckProtocol;
  /** Path of an HTTP request. Goes with `http` and `https`. */
  readonly path?: string;
  /** Seconds between checks, 3 to 300. Left out: 10. */
  readonly intervalSeconds?: number;
  /** Seconds until a check has failed, 3 to 300. Left out: 5. */
  readonly timeoutSeconds?: number;
  /** Checks in a row that bring a droplet in, 2 to 10. Left out: 3. */
  readonly healthyThreshold?: number;
  /** Checks in a row that take a droplet out, 2 to 10. Left out: 3. */
  readonly unhealthyThreshold?: number;
}

/** A regional network load balancer in front of droplets. */
export interface DoUdpLoadBalancerArgs {
  /** Region, such as `nyc1`. A change replaces the load balancer and its address. */
  readonly region: Input<string>;
  /** Tag of the droplets that get the packets. */
  readonly dropletTag: Input<string>;
  /**
   * What the droplets publish. Packets keep their port number: the target port is the port.
   * `INTERNAL` ports are not published.
   */
  readonly ports: readonly PortArgs[];
  /** How droplets are checked. Demanded: there is no check over UDP. */
  readonly healthCheck: DoHealthCheckArgs;
  /** Client networks that may connect, in CIDR form. Left out: all. */
  readonly sourceRanges?: readonly string[];
  /** Identifier of the droplets' VPC. Left out: the region's default one. */
  readonly vpcUuid?: Input<string>;
  /** Identifier of the project that it should appear in. Left out: the account's default one. */
  readonly projectId?: Input<string>;
}

/** The arguments after validation, with every default filled in. */
export interface CheckedDoLoadBalancer extends SplitPorts {
  readonly healthcheck: {
    readonly protocol: DoHealthCheckProtocol;
    readonly port: number;
    readonly path?: string;
    readonly checkIntervalSeconds: number;
    readonly responseTimeoutSeconds: number;
    readonly healthyThreshold: number;
    readonly unhealthyThreshold: number;
  };
}

/** @throws InputPropertyError naming the property, the limit and the way out. */
export function checkDoLoadBalancerArgs(args: DoUdpLoadBalancerArgs): CheckedDoLoadBalancer {
  const [ports, healthcheck] = together(
    () =>
      untranslatedPorts(
        args.ports,
        "a network load balancer passes packets on with their port; have the workload listen there",
      ),
    () => checkHealthCheck(args.healthCheck),
    () => checkNetworks("sourceRanges", args.sourceRanges ?? []),
  );
  return { ...ports, healthcheck };
}

const SECONDS: Range = { min: 3, max: 300 };
const THRESHOLD: Range = { min: 2, max: 10 };

function checkHealthCheck(
  given: DoHealthCheckArgs | undefined,
): CheckedDoLoadBalancer["healthcheck"] {
  if (given === undefined) {
    invalid(
      "healthCheck",
      'is missing: there is no check over UDP. Give the TCP port of one, such as { port: 9090, path: "/readyz" }',
    );
  }
  const { path, port } = given;
  const protocol = given.protocol ?? (path === undefined ? "tcp" : "http");
  oneOf("healthCheck.protocol", protocol, DoHealthCheckProtocol);
  const checked = {
    checkIntervalSeconds: given.intervalSeconds ?? 10,
    responseTimeoutSeconds: given.timeoutSeconds ?? 5,
    healthyThreshold: given.healthyThreshold ?? 3,
    unhealthyThreshold: given.unhealthyThreshold ?? 3,
  };
  together(
    () => {
      if ((path === undefined) !== (protocol === "tcp")) {
        invalid(
          "healthCheck.path",
          path === undefined
            ? `is missing: ${protocol} asks for a path`
            : "is given, but tcp only connects",
        );
      }
    },
    () => whole("healthCheck.port", port, { min: 1, max: 65_535 }),
    () => whole("healthCheck.intervalSeconds", checked.checkIntervalSeconds, SECONDS),
    () => whole("healthCheck.timeoutSeconds", checked.responseTimeoutSeconds, SECONDS),
    () => whole("healthCheck.healthyThreshold", checked.healthyThreshold, THRESHOLD),
    () => whole("healthCheck.unhealthyThreshold", checked.unhealthyThreshold, THRESHOLD),
  );
  return { protocol, port, ...(path === undefined ? {} : { path }), ...checked };
}
