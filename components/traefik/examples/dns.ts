import { MetalLbUdpLoadBalancer } from "pulumi-udp/metallb";
import { L4Gateway, PortAllocation, Protocol, TcpRoute, UdpRoute } from "pulumi-udp/traefik";

const l4 = new L4Gateway("l4");
const lb = new MetalLbUdpLoadBalancer("l4", {
  selector: l4.selector,
  namespace: l4.namespace,
  ports: l4.ports,
});

const dns = new PortAllocation("dns", { gateway: l4.gateway, protocol: Protocol.Udp });
new UdpRoute("dns", {
  gateway: l4.gateway,
  port: dns.port,
  backends: [{ service: "dns", port: 53 }],
});
new TcpRoute("mysql", {
  gateway: l4.gateway,
  port: 10_002,
  backends: [{ service: "mysql", port: 3306 }],
});
export const endpoint = lb.endpoint;
export const port = dns.port;
