import type { Input } from "@pulumi/pulumi";
import { type CertIssuer, checkHosts } from "../cert-manager/issuers.ts";
import { Protocol } from "../endpoint/index.ts";
import { invalid, renamed, together } from "../endpoint/invalid.ts";
import type { SplitPorts } from "../endpoint/published.ts";
import { oneOf, whole } from "../endpoint/values.ts";
import { checkRequested, checkServiceArgs, TrafficPolicy } from "../kubernetes/index.ts";
import type { MetalLbPool } from "../metallb/address-pool-args.ts";

/** Who ends TLS. */
export const TlsTermination = {
  /** The workload: the load balancer passes bytes on, and the pod mounts the certificate. */
  Workload: "WORKLOAD",
  /** An ingress controller in front of the workload, which speaks plain HTTP. */
  Ingress: "INGRESS",
} as const;
export type TlsTermination = (typeof TlsTermination)[keyof typeof TlsTermination];

/** Ingress controllers whose settings are known. */
export const IngressController = { Traefik: "traefik", Nginx: "nginx" } as const;
export type IngressController = (typeof IngressController)[keyof typeof IngressController];

/** TLS of a WebSocket. */
export interface WebSocketTlsArgs {
  /** `issuer` of an `AcmeIssuer` or a `PrivateCaIssuer`. */
  readonly issuer: Input<CertIssuer>;
  /** Names that clients connect to, at least one. */
  readonly hosts: readonly string[];
  /** `WORKLOAD` or `INGRESS`. Left out: `WORKLOAD`. */
  readonly termination?: TlsTermination;
  /** `traefik` or `nginx`; the name of its IngressClass too. Goes with `INGRESS`. Left out: `traefik`. */
  readonly controller?: IngressController;
}

/** WebSockets on an address of their own. */
export interface WebSocketLoadBalancerArgs {
  /** Labels of the pods, at least one. */
  readonly selector: Input<Readonly<Record<string, string>>>;
  /** Namespace of the pods. Left out: `default`. */
  readonly namespace?: Input<string>;
  /** Port that clients use. Left out: 443. */
  readonly port?: number;
  /** Port that the pods listen on. Left out: 8080. */
  readonly targetPort?: number;
  /** The certificate and who uses it. Left out: the workload's own business. */
  readonly tls?: WebSocketTlsArgs;
  /**
   * Seconds that an address stays with its pod after its last connection, 1 to 86400, so that a
   * client that connects again finds the pod that knows it. Left out: 10800, three hours.
   */
  readonly affinitySeconds?: number;
  /** `pool` of a `MetalLbAddressPool`. Left out: whatever hands out addresses in the cluster chooses. */
  readonly pool?: Input<MetalLbPool>;
  /** Addresses to ask MetalLB for: one, or an IPv4 and an IPv6 one. Left out: it chooses. */
  readonly addresses?: readonly Input<string>[];
  /**
   * Addresses that clients use, where a router forwards the port from them. `endpoint` then has
   * these. Left out: those of the Service.
   */
  readonly publicAddresses?: readonly Input<string>[];
  /** Class of the load balancer that serves the Service. Left out: none. */
  readonly loadBalancerClass?: string;
  /** Client networks that may connect, in CIDR form. Left out: all. */
  readonly sourceRanges?: readonly string[];
  /** `Local` or `Cluster`. Left out: `Local`, which shows pods the clients' addresses. */
  readonly externalTrafficPolicy?: TrafficPolicy;
  /** Don't wait for an address or for a ready pod. Left out: false. */
  readonly skipAwait?: boolean;
  /**
   * Seconds that a pod may take to close its WebSockets when it leaves, 30 to 86400. Left out: 3600.
   * It decides `podSettings`.
   */
  readonly drainSeconds?: number;
}

/** The arguments after validation, with every default filled in. */
export interface CheckedWebSocket extends SplitPorts {
  readonly policy: TrafficPolicy;
  readonly termination: TlsTermination | undefined;
  readonly affinitySeconds: number;
  readonly drainSeconds: number;
}

/** @throws InputPropertyError naming the property, the limit and the way out. */
export function checkWebSocketArgs(args: WebSocketLoadBalancerArgs): CheckedWebSocket {
  const { port = 443, targetPort = 8080, affinitySeconds = 10_800, drainSeconds = 3600 } = args;
  const policy = args.externalTrafficPolicy ?? TrafficPolicy.Local;
  const termination = args.tls && (args.tls.termination ?? TlsTermination.Workload);
  const ports = [{ name: "wss", port, targetPort, protocol: Protocol.Tcp }];
  const [checked] = together(
    () =>
      renamed(
        () => checkServiceArgs({ ...args, ports }),
        (path) => path.replace("ports[0].", ""),
      ),
    () => oneOf("externalTrafficPolicy", policy, TrafficPolicy),
    () => checkRequested(args, "MetalLB"),
    // Kubernetes takes no more than a day.
    () => whole("affinitySeconds", affinitySeconds, { min: 1, max: 86_400 }, "seconds"),
    () => whole("drainSeconds", drainSeconds, { min: 30, max: 86_400 }, "seconds"),
    () => args.tls !== undefined && checkTls(args.tls, args),
  );
  return { ...checked, policy, termination, affinitySeconds, drainSeconds };
}

function checkTls(tls: WebSocketTlsArgs, args: WebSocketLoadBalancerArgs): void {
  const ingress = tls.termination === TlsTermination.Ingress;
  together(
    () => oneOf("tls.termination", tls.termination ?? TlsTermination.Workload, TlsTermination),
    () => checkHosts("tls.hosts", tls.hosts),
    () => oneOf("tls.controller", tls.controller ?? IngressController.Traefik, IngressController),
    () => {
      const own = (["addresses", "pool", "loadBalancerClass", "sourceRanges"] as const).find(
        (property) => args[property] !== undefined,
      );
      if (ingress && own !== undefined) {
        invalid(
          own,
          "is given, but with INGRESS the controller's own load balancer has the address: give it there",
        );
      }
    },
    () => {
      if (ingress && args.publicAddresses === undefined) {
        invalid(
          "publicAddresses",
          "is missing: with INGRESS the addresses are those of the controller's load balancer",
        );
      }
    },
    () => {
      if (!ingress && tls.controller !== undefined) {
        invalid("tls.controller", "is given, but the workload ends TLS: leave it out");
      }
    },
  );
}

/** Longest silence that an ingress controller takes. Seconds. */
const INGRESS_IDLE_SECONDS = 3600;

/**
 * What a controller needs to be told for WebSockets: nginx ends a connection after 60 silent
 * seconds unless told otherwise; Traefik sets no limit once a connection is a WebSocket.
 */
export const ingressAnnotations = (controller: IngressController): Record<string, string> =>
  controller === IngressController.Nginx
    ? {
        "nginx.ingress.kubernetes.io/affinity": "cookie",
        "nginx.ingress.kubernetes.io/proxy-read-timeout": String(INGRESS_IDLE_SECONDS),
        "nginx.ingress.kubernetes.io/proxy-send-timeout": String(INGRESS_IDLE_SECONDS),
      }
    : { "traefik.ingress.kubernetes.io/router.entrypoints": "websecure" };

/** Annotations of the Service behind an ingress. */
export const backendAnnotations = (controller: IngressController): Record<string, string> => ({
  "pulumi.com/skipAwait": "true",
  ...(controller === IngressController.Traefik
    ? { "traefik.ingress.kubernetes.io/service.sticky.cookie": "true" }
    : {}),
});

/** Fields of a pod that let WebSockets end in peace. */
export interface WebSocketPodSettings {
  readonly terminationGracePeriodSeconds: number;
  /** Of the container. */
  readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
}

/** The pod goes on serving while nodes notice that it leaves, then has its time to close connections. */
export const podSettings = (drainSeconds: number): WebSocketPodSettings => ({
  terminationGracePeriodSeconds: drainSeconds + 15,
  lifecycle: { preStop: { sleep: { seconds: 15 } } },
});
