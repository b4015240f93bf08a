import { Config } from "@pulumi/pulumi";
import { AksStaticIp, AksUdpLoadBalancer, Protocol } from "pulumi-udp/aks";
import { DnsOnlyRecord } from "pulumi-udp/cloudflare";

/** As many endpoints on AKS as the configuration says, each with an address and a name. */
const count = new Config().requireNumber("count");
const cluster = { name: "prod-aks", resourceGroup: "prod" };
for (let number = 1; number <= count; number++) {
  const name = `game-${number}`;
  const ip = new AksStaticIp(name, { cluster });
  const lb = new AksUdpLoadBalancer(name, {
    address: ip.address,
    selector: { app: name },
    ports: [{ name: "game", port: 7777, protocol: Protocol.Udp }],
  });
  new DnsOnlyRecord(name, { zone: "example.com", name, endpoint: lb.endpoint });
}
