import * as pulumi from "@pulumi/pulumi";
import { DnsOnlyRecord } from "pulumi-udp/cloudflare";
import { DoDropletRelay, DoReservedIp, DoUdpLoadBalancer, Protocol } from "pulumi-udp/digitalocean";

/** The components for droplets in one stack; what the configuration says changes during its life. */
const config = new pulumi.Config();
const quic = { name: "quic", port: 4433, protocol: Protocol.Udp };
const p2p = { name: "p2p", port: 4434, protocol: Protocol.Udp };

const ip = new DoReservedIp("relay", { region: "nyc1" });
const relay = new DoDropletRelay("relay", {
  address: ip.address,
  ports: config.getBoolean("p2p") ? [quic, p2p] : [quic],
  userData: config.get("userData") ?? "#cloud-config",
});
const lb = new DoUdpLoadBalancer("pool", {
  region: "nyc1",
  dropletTag: "relay",
  ports: [p2p],
  healthCheck: { port: 9090, path: "/readyz" },
});
new DnsOnlyRecord("relay", { zone: "example.com", name: "relay", endpoint: relay.endpoint });
export const address = relay.endpoint.apply(({ addresses }) => addresses[0]);
export const pool = lb.endpoint.apply(({ addresses }) => addresses[0]);
export const dropletId = relay.dropletId;
