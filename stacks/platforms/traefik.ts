import type { Provider } from "@pulumi/kubernetes/provider.js";
import { type Output, output } from "@pulumi/pulumi";
import { DnsOnlyRecord } from "pulumi-udp/cloudflare";
import { type Endpoint, Protocol } from "pulumi-udp/endpoint";
import { MetalLbUdpLoadBalancer } from "pulumi-udp/metallb";
import { L4Gateway, PortAllocation, TcpRoute, UdpRoute } from "pulumi-udp/traefik";
import { kubernetesAt } from "../../infra/kubernetes.ts";
import { metalLbPool } from "../../infra/metallb.ts";
import type { TraefikSettings } from "../settings/index.ts";
import { deployDirectory } from "./directory.ts";
import type { Deployed } from "./platform.ts";

/** Traefik with its pools of ports, an address for it, and the routes and names of the settings. */
export function deployTraefik(settings: TraefikSettings): Deployed {
  const { cluster, service, routes, dns, directory } = settings;
  const provider = kubernetesAt("cluster", cluster);
  const l4 = new L4Gateway(
    "l4",
    {
      ...settings.gateway,
      ...(service === undefined
        ? {}
        : {
            service: {
              annotations: service.annotations,
              spec:
                service.loadBalancerClass === undefined
                  ? {}
                  : { loadBalancerClass: service.loadBalancerClass },
            },
          }),
    },
    { provider },
  );
  const endpoint = published(settings, l4, provider);
  if (dns !== undefined) {
    new DnsOnlyRecord("l4", { ...dns, endpoint });
  }
  const ports = routes.map((route) => {
    if (dns !== undefined && route.hostname !== undefined) {
      new DnsOnlyRecord(route.name, { ...dns, name: route.hostname, endpoint });
    }
    return [route.name, routed(route, l4, settings, provider)] as const;
  });
  return {
    endpoint,
    ports: Object.fromEntries(ports),
    ...(directory === undefined
      ? {}
      : { directory: deployDirectory(directory, { l4: endpoint }, provider).url }),
  };
}

/** The gateway on an address: of MetalLB, or of the chart's own Service. */
function published(
  { service, metallb, address, skipAwait }: TraefikSettings,
  { selector, namespace, ports }: L4Gateway,
  provider: Provider,
): Output<Endpoint> {
  if (metallb === undefined) {
    const open = ports.map(({ name, port, protocol }) => ({ name, port, protocol }));
    return output({ addresses: service?.addresses ?? [], ports: open });
  }
  return new MetalLbUdpLoadBalancer(
    "l4",
    {
      pool: metalLbPool(metallb, provider),
      selector,
      namespace,
      ports,
      skipAwait,
      ...(address === undefined ? {} : { addresses: [address] }),
    },
    { provider },
  ).endpoint;
}

/** @returns The port of the route. */
function routed(
  {
    name,
    protocol,
    namespace,
    backends,
    application,
    tls,
    ...route
  }: TraefikSettings["routes"][number],
  { gateway }: L4Gateway,
  { cluster }: TraefikSettings,
  provider: Provider,
): Output<number> {
  const port = route.port ?? new PortAllocation(name, { gateway, protocol, ...cluster }).port;
  const args = { gateway, port, namespace, backends };
  if (protocol === Protocol.Udp) {
    return new UdpRoute(name, args, { provider }).port;
  }
  return new TcpRoute(
    name,
    {
      ...args,
      ...(application === undefined ? {} : { application }),
      ...(tls === undefined ? {} : { tls }),
    },
    { provider },
  ).port;
}
