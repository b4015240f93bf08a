import { DnsOnlyRecord } from "pulumi-udp/cloudflare";
import { DoDropletRelay, DoReservedIp, Protocol } from "pulumi-udp/digitalocean";

const ip = new DoReservedIp("relay", { region: "nyc1" });
const relay = new DoDropletRelay("relay", {
  address: ip.address,
  ports: [
    { name: "quic", port: 4433, protocol: Protocol.Udp },
    { name: "p2p", port: 4434, protocol: Protocol.Udp },
  ],
  sshSourceRanges: ["203.0.113.7/32"],
  sshKeys: ["3b:16:bf:e4:8b:00:8b:b8:59:8c:a9:d3:f0:19:45:fa"],
});
new DnsOnlyRecord("relay", { zone: "example.com", name: "relay", endpoint: relay.endpoint });
export const endpoint = relay.endpoint;
