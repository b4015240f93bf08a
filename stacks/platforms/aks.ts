import { all, interpolate, type Output, output } from "@pulumi/pulumi";
import { AksStaticIp, AksUdpLoadBalancer, porterSelector } from "pulumi-udp/aks";
import { DnsOnlyRecord } from "pulumi-udp/cloudflare";
import { UdpDirector } from "pulumi-udp/director";
import type { Endpoint } from "pulumi-udp/endpoint";
import { type AksFoundation, existingAks, newAks } from "../../infra/aks.ts";
import {
  type AksSettings,
  directorConfig,
  directorTarget,
  serviceName,
} from "../settings/index.ts";
import { deployDirectory, directoryPorts, directoryUrl } from "./directory.ts";
import { type Deployed, secretVariables } from "./platform.ts";

/**
 * An AKS cluster with a Porter application: address, load balancer, name, and a director
 * on the same address where the settings ask for one.
 */
export function deployAks(settings: AksSettings): Deployed {
  const { workload, ports, protect, skipAwait, tags } = settings;
  const { cluster, provider } = foundation(settings);
  const ip = new AksStaticIp("udp", { cluster, tags }, { protect });
  const lb = new AksUdpLoadBalancer(
    "workload",
    {
      address: ip.address,
      selector: porterSelector(workload),
      namespace: workload.namespace,
      serviceName: serviceName(settings),
      ports,
      skipAwait,
    },
    { provider },
  );
  new DnsOnlyRecord("udp", { ...settings.dns, endpoint: lb.endpoint });
  if (settings.director === undefined) {
    return { endpoint: lb.endpoint, ...listed(settings, lb.endpoint, ip, provider) };
  }

  const director = new UdpDirector(
    "director",
    {
      image: settings.director.image,
      namespace: workload.namespace,
      config: directorConfig(directorTarget(settings), settings.director.config),
      ...secretVariables(settings.director),
    },
    { provider },
  );
  const front = new AksUdpLoadBalancer(
    "director",
    {
      address: ip.address,
      selector: director.selector,
      namespace: director.namespace,
      ports: director.ports,
    },
    { provider },
  );
  const metrics = director.ports.find(({ name }) => name === "metrics");
  const endpoint = both(lb.endpoint, front.endpoint);
  return {
    endpoint,
    ...listed(settings, endpoint, ip, provider),
    ...(front.internalHostname === undefined
      ? {}
      : { metrics: interpolate`http://${front.internalHostname}:${metrics?.port}/metrics` }),
  };
}

/** The directory of the endpoint, on the same address where clients are to reach it. */
function listed(
  { directory, workload }: AksSettings,
  endpoint: Output<Endpoint>,
  ip: AksStaticIp,
  provider: AksFoundation["provider"],
): Pick<Deployed, "directory"> {
  if (directory === undefined) {
    return {};
  }
  const { publicPort, ...settings } = directory;
  const made = deployDirectory(settings, { [workload.app]: endpoint }, provider);
  if (publicPort === undefined) {
    return { directory: made.url };
  }
  const front = new AksUdpLoadBalancer(
    "directory",
    {
      address: ip.address,
      selector: made.selector,
      namespace: made.namespace,
      ports: directoryPorts(made, publicPort),
    },
    { provider },
  );
  return { directory: directoryUrl(front.endpoint, publicPort) };
}

/** The cluster that the settings name, or that they say how to make. */
function foundation({ cluster, tags, protect }: AksSettings): AksFoundation {
  const { name = "", resourceGroup = "", create } = cluster;
  return create === undefined
    ? existingAks("cluster", { name, resourceGroup })
    : newAks("cluster", { ...create, nodePools: create.nodes, tags }, { protect });
}

/** One endpoint of two that share an address. */
function both(first: Output<Endpoint>, second: Output<Endpoint>): Output<Endpoint> {
  return output({
    addresses: first.addresses,
    hostname: first.hostname,
    ports: all([first.ports, second.ports]).apply(([own, other]) => [...own, ...other]),
  }) as Output<Endpoint>;
}
