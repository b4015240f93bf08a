import type { Input } from "@pulumi/pulumi";
import { Protocol } from "../endpoint/index.ts";
import { invalid, together } from "../endpoint/invalid.ts";
import { oneOf, whole } from "../endpoint/values.ts";
import { merged } from "../kubernetes/merge.ts";
import {
  checkPools,
  DEFAULT_POOLS,
  entryPointName,
  type PortPools,
  type PortRangeArgs,
  poolPorts,
  portsOf,
} from "./entry-points.ts";

/** Version of Traefik's chart that is installed when none is given; it brings Traefik 3.7.13. */
export const TRAEFIK_CHART_VERSION = "41.6.0";

/** How many Services the chart makes. */
export const GatewayServices = {
  /** One for both protocols. */
  Single: "SINGLE",
  /** One for TCP and one, `<name>-udp`, for UDP. For clusters whose objects are applied on the client's side. */
  Split: "SPLIT",
} as const;
export type GatewayServices = (typeof GatewayServices)[keyof typeof GatewayServices];

/** A Service of type LoadBalancer that the chart makes. */
export interface GatewayServiceArgs {
  /** `SINGLE` or `SPLIT`. Left out: `SINGLE`. */
  readonly services?: GatewayServices;
  /** Annotations of the Services, such as those of a cloud. Left out: none. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Further fields of `spec`, such as `loadBalancerClass`. Left out: `externalTrafficPolicy: Local`. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** A Traefik that passes TCP and UDP ports on. */
export interface L4GatewayArgs {
  /** Namespace that is made for it. Left out: `traefik`. */
  readonly namespace?: string;
  /** Ports for TCP routes. Left out: 10000 to 10099. A change of it restarts Traefik. */
  readonly tcpPorts?: PortRangeArgs;
  /** Ports for UDP routes. Left out: 11000 to 11099. A change of it restarts Traefik. */
  readonly udpPorts?: PortRangeArgs;
  /** Ports of the pools that no route is given by itself, because something else uses them. Left out: none. */
  readonly reservedPorts?: readonly number[];
  /**
   * Seconds without a packet after which Traefik forgets a UDP session, and the next packet may go
   * to another backend, 1 to 86400. Left out: 60. Traefik's own default is 3.
   */
  readonly udpIdleSeconds?: number;
  /** Pods. Left out: 2. */
  readonly replicas?: number;
  /** Seconds that a pod goes on serving after it is told to leave, 0 to 300. Left out: 15. */
  readonly preStopSeconds?: number;
  /** Publish HTTP on 80 and 443 as well, in the chart's Service. Left out: false. */
  readonly http?: boolean;
  /**
   * Have the chart make the Service. Left out: none is made, and `selector`, `namespace` and
   * `ports` go to the load balancer of the platform.
   */
  readonly service?: GatewayServiceArgs;
  /** Only routes of this class, where a cluster has several gateways. Left out: routes without one. */
  readonly routeClass?: string;
  /** Version of the chart. Left out: 41.6.0. */
  readonly version?: string;
  /** A chart of your own: a folder, an archive, an `oci://` address. Left out: `traefik` of https://traefik.github.io/charts. */
  readonly chart?: Input<string>;
  /** Further values of the chart. What the other arguments decide wins over them. Left out: none. */
  readonly values?: Readonly<Record<string, unknown>>;
}

/** What routes need to know of their gateway. Plain data. */
export interface L4GatewayInfo {
  /** Namespace of Traefik, where allocations of ports are kept too. */
  readonly namespace: string;
  readonly tcp: PortRangeArgs;
  readonly udp: PortRangeArgs;
  readonly reservedPorts: readonly number[];
  /** Class of its routes; empty for none. */
  readonly routeClass: string;
}

/** @throws InputPropertyError naming the property, the limit and the way out. */
export function checkGatewayArgs(args: L4GatewayArgs): PortPools {
  const pools = {
    tcp: args.tcpPorts ?? DEFAULT_POOLS.tcp,
    udp: args.udpPorts ?? DEFAULT_POOLS.udp,
  };
  together(
    () => checkPools(pools),
    () => whole("udpIdleSeconds", args.udpIdleSeconds ?? 60, { min: 1, max: 86_400 }, "seconds"),
    () => whole("replicas", args.replicas ?? 2, { min: 1, max: 100 }),
    () => whole("preStopSeconds", args.preStopSeconds ?? 15, { min: 0, max: 300 }, "seconds"),
    () => oneOf("service.services", args.service?.services ?? "SINGLE", GatewayServices),
    () => {
      if (args.http === true && args.service === undefined) {
        invalid(
          "http",
          "is true, but no Service is made: give `service`, or publish them yourself",
        );
      }
    },
  );
  return pools;
}

/**
 * Values of the chart. They depend on the pools alone, never on routes: a route that changed an
 * argument would restart Traefik, and end every session of every other route.
 */
export function gatewayValues(args: L4GatewayArgs, pools: PortPools): Record<string, unknown> {
  const { service, routeClass, replicas = 2, http = false } = args;
  const idle = `${args.udpIdleSeconds ?? 60}s`;
  const preStop = args.preStopSeconds ?? 15;
  return merged(args.values ?? {}, {
    // The chart knows no such setting of a port, and Traefik's own default is 3 seconds.
    additionalArguments: [
      ...listOf(args.values?.additionalArguments),
      ...portsOf(pools.udp).map(
        (port) => `--entryPoints.${entryPointName(Protocol.Udp, port)}.udp.timeout=${idle}`,
      ),
    ],
    deployment: {
      replicas,
      lifecycle: { preStop: { sleep: { seconds: preStop } } },
      terminationGracePeriodSeconds: preStop + 30,
    },
    ingressClass: { isDefaultClass: false },
    podDisruptionBudget: { enabled: replicas > 1, maxUnavailable: 1 },
    ports: {
      web: { expose: { default: http } },
      websecure: { expose: { default: http } },
      ...Object.fromEntries(
        // In capitals: written otherwise, the chart leaves the port out without a word.
        poolPorts(pools).map(({ name, port, protocol }) => [
          name,
          { port, exposedPort: port, expose: { default: true }, protocol },
        ]),
      ),
    },
    providers: {
      kubernetesCRD: { enabled: true, ...(routeClass ? { ingressClass: routeClass } : {}) },
    },
    service:
      service === undefined
        ? { enabled: false }
        : {
            enabled: true,
            single: service.services !== GatewayServices.Split,
            annotations: { ...service.annotations },
            spec: { type: "LoadBalancer", externalTrafficPolicy: "Local", ...service.spec },
          },
    topologySpreadConstraints: [
      {
        labelSelector: { matchLabels: { "app.kubernetes.io/name": "traefik" } },
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: "ScheduleAnyway",
      },
    ],
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
  });
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
