import type { Provider } from "@pulumi/kubernetes/provider.js";
import type { Output } from "@pulumi/pulumi";
import { DnsOnlyRecord } from "pulumi-udp/cloudflare";
import { UdpDirector } from "pulumi-udp/director";
import type { Endpoint } from "pulumi-udp/endpoint";
import { type MetalLbPool, MetalLbUdpLoadBalancer } from "pulumi-udp/metallb";
import { WebSocketLoadBalancer } from "pulumi-udp/websocket";
import { certificateIssuer } from "../../infra/certificates.ts";
import { kubernetesAt } from "../../infra/kubernetes.ts";
import { metalLbPool } from "../../infra/metallb.ts";
import { directorConfig, type MetalLbSettings } from "../settings/index.ts";
import { deployDirectory, directoryPorts, directoryUrl } from "./directory.ts";
import { type Deployed, deployedEndpoints, secretVariables } from "./platform.ts";

type Place = { readonly provider: Provider; readonly pool: Output<MetalLbPool> };

/**
 * A cluster of one's own with MetalLB: WebSockets with their certificate, a director, or both, each
 * on an address of the local network, with a name where one is asked for.
 */
export function deployMetalLb(settings: MetalLbSettings): Deployed {
  const provider = kubernetesAt("cluster", settings.cluster);
  const place = { provider, pool: metalLbPool(settings.metallb, provider) };
  const { websocket, director, directory } = settings;
  const deployed = deployedEndpoints({
    ...(director === undefined ? {} : { director: leading(director, place) }),
    ...(websocket === undefined ? {} : { websocket: talking(websocket, place) }),
  });
  return {
    ...deployed,
    ...(directory === undefined
      ? {}
      : { directory: listing(directory, deployed.endpoints, place) }),
  };
}

/** The directory's URL, on an address of its own where clients are to reach it. */
function listing(
  { publicPort, address, ...settings }: NonNullable<MetalLbSettings["directory"]>,
  endpoints: Readonly<Record<string, Output<Endpoint>>>,
  { provider, pool }: Place,
): Output<string> {
  const made = deployDirectory(settings, endpoints, provider);
  if (publicPort === undefined) {
    return made.url;
  }
  const front = new MetalLbUdpLoadBalancer(
    "directory",
    {
      ...{ pool, selector: made.selector, namespace: made.namespace },
      ports: directoryPorts(made, publicPort),
      ...(address === undefined ? {} : { addresses: [address] }),
    },
    { provider },
  );
  return directoryUrl(front.endpoint, publicPort);
}

function talking(
  { tls, address, dns, ...rest }: NonNullable<MetalLbSettings["websocket"]>,
  { provider, pool }: Place,
): Output<Endpoint> {
  const behindIngress = tls?.termination === "INGRESS";
  const { endpoint } = new WebSocketLoadBalancer(
    "websocket",
    {
      ...rest,
      ...(behindIngress ? {} : { pool }),
      ...(address === undefined ? {} : { addresses: [address] }),
      ...(tls === undefined
        ? {}
        : {
            tls: {
              issuer: certificateIssuer(tls, provider),
              hosts: tls.hosts,
              termination: tls.termination,
              ...(tls.controller === undefined ? {} : { controller: tls.controller }),
            },
          }),
    },
    { provider },
  );
  named("websocket", dns, endpoint);
  return endpoint;
}

function leading(
  settings: NonNullable<MetalLbSettings["director"]>,
  { provider, pool }: Place,
): Output<Endpoint> {
  const { image, namespace, config, target, address, dns, skipAwait } = settings;
  const hostname = `${target.service}.${target.namespace}.svc.cluster.local`;
  const director = new UdpDirector(
    "director",
    {
      image,
      namespace,
      config: directorConfig({ ...target, hostname, udpPorts: target.ports }, config),
      ...secretVariables(settings),
    },
    { provider },
  );
  const { endpoint } = new MetalLbUdpLoadBalancer(
    "director",
    {
      pool,
      selector: director.selector,
      namespace: director.namespace,
      ports: director.ports,
      skipAwait,
      ...(address === undefined ? {} : { addresses: [address] }),
    },
    { provider },
  );
  named("director", dns, endpoint);
  return endpoint;
}

function named(
  name: string,
  dns: { readonly zone?: string; readonly zoneId?: string; readonly name: string } | undefined,
  endpoint: Output<Endpoint>,
): void {
  if (dns !== undefined) {
    new DnsOnlyRecord(name, { ...dns, endpoint });
  }
}
