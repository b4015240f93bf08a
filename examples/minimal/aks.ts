import { AksStaticIp, AksUdpLoadBalancer, Protocol } from "pulumi-udp/aks";
import { DnsOnlyRecord } from "pulumi-udp/cloudflare";

const ip = new AksStaticIp("audio", { cluster: { name: "prod-aks", resourceGroup: "prod" } });
const lb = new AksUdpLoadBalancer("audio", {
  address: ip.address,
  selector: { app: "audio" },
  ports: [{ name: "audio", port: 8000, protocol: Protocol.Udp }],
});
new DnsOnlyRecord("audio", { zone: "example.com", name: "audio", endpoint: lb.endpoint });
export const endpoint = lb.endpoint;
