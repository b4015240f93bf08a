import { DnsOnlyRecord } from "pulumi-udp/cloudflare";
import { DoDropletRelay, DoReservedIp } from "pulumi-udp/digitalocean";
import { cloudConfig } from "../../infra/cloud-config.ts";
import type { DigitalOceanSettings } from "../settings/index.ts";
import type { Deployed } from "./platform.ts";

/** A droplet on a reserved address, with what it runs, and a name where one is asked for. */
export function deployDigitalOcean(settings: DigitalOceanSettings): Deployed {
  const { region, server, dns, protect, projectId, ...relay } = settings;
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
  return { endpoint };
}
