import { MetalLbUdpLoadBalancer } from "pulumi-udp/metallb";
import { L4Gateway, UdpRoute } from "pulumi-udp/traefik";

const { gateway, selector, namespace, ports } = new L4Gateway("l4");
const lb = new MetalLbUdpLoadBalancer("l4", { selector, namespace, ports });
const backends = [{ service: "dns", port: 53 }];
new UdpRoute("dns", { gateway, port: 11_053, backends });
export const endpoint = lb.endpoint;
