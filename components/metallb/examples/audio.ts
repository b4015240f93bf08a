import { MetalLb, MetalLbAddressPool, MetalLbUdpLoadBalancer, Protocol } from "pulumi-udp/metallb";

const metallb = new MetalLb("metallb");
const lan = new MetalLbAddressPool("lan", {
  namespace: metallb.namespace,
  addresses: ["192.168.1.200-192.168.1.220"],
  keepClearOf: { "the router's DHCP": ["192.168.1.100-192.168.1.199"] },
});
const lb = new MetalLbUdpLoadBalancer("audio", {
  pool: lan.pool,
  addresses: ["192.168.1.200"],
  selector: { app: "audio" },
  ports: [{ name: "audio", port: 8000, protocol: Protocol.Udp }],
});
export const endpoint = lb.endpoint;
