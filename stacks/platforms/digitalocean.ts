import { DnsOnlyRecord } from "pulumi-udp/cloudflare";
import { DoDropletRelay, DoReservedIp } from "pulumi-udp/digitalocean";
import { cloudConfig } from "../../infra/cloud-config.ts";
import { kubernetesAt } from "../../infra/kubernetes.ts";
import type { DigitalOceanSettings } from "../settings/index.ts";
import { deployDirectory } from "./directory.ts";
import type { Deployed } from "./platform.ts";

/** A droplet on a reserved address, with what it runs, and a name where one is asked for. */
export function deployDigitalOcean(settings: DigitalOceanSettings): Deployed {
  const { region, server, dns, protect, projectId, directory, ...relay } = settings;
  const project = projectId === undefined ? {} : { projectId };
  const { address } = new DoReservedIp("relay", { region, ...project }, { protect });
  const { endpoint } = new DoDropletRelay("relay", {
    ...relay,
    ...project,
    address,
    ...(server === undefined ? {} : { userData: cloudConfig(server) }),
  });
  if (dns !== undefined) {
    new DnsOnlyRecord("relay", { ...dns, endpoint });
  }
  if (directory === undefined) {
    return { endpoint };
  }
  const { cluster, ...listed } = directory;
  const provider = kubernetesAt("directory-cluster", cluster);
  return { endpoint, directory: deployDirectory(listed, { relay: endpoint }, provider).url };
}
