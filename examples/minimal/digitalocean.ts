import { DnsOnlyRecord } from "pulumi-udp/cloudflare";
import { DoDropletRelay, DoReservedIp, Protocol } from "pulumi-udp/digitalocean";

const ip = new DoReservedIp("relay", { region: "nyc1" });
const relay = new DoDropletRelay("relay", {
  address: ip.address,
  ports: [{ name: "quic", port: 4433, protocol: Protocol.Udp }],
});
new DnsOnlyRecord("relay", { zone: "example.com", name: "relay", endpoint: relay.endpoint });
export const endpoint = relay.endpoint;
