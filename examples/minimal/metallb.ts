import { MetalLb, MetalLbAddressPool, MetalLbUdpLoadBalancer, Protocol } from "pulumi-udp/metallb";

const { namespace } = new MetalLb("metallb");
const addresses = ["192.168.1.200-192.168.1.220"];
const lan = new MetalLbAddressPool("lan", { namespace, addresses });
const lb = new MetalLbUdpLoadBalancer("audio", {
  pool: lan.pool,
  selector: { app: "audio" },
  addresses: ["192.168.1.200"],
  ports: [{ name: "audio", port: 8000, protocol: Protocol.Udp }],
});
export const endpoint = lb.endpoint;
