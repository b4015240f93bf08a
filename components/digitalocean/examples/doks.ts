import { DnsOnlyRecord } from "pulumi-udp/cloudflare";
import { DoksUdpLoadBalancer, Protocol } from "pulumi-udp/digitalocean";

const lb = new DoksUdpLoadBalancer("audio", {
  selector: { app: "audio" },
  ports: [{ name: "audio", port: 8000, protocol: Protocol.Udp }],
});
new DnsOnlyRecord("audio", { zone: "example.com", name: "audio", endpoint: lb.endpoint });
export const endpoint = lb.endpoint;
