import { UdpDirector, ValkeyStore } from "pulumi-udp/director";
import { MetalLbUdpLoadBalancer } from "pulumi-udp/metallb";

const sessions = new ValkeyStore("sessions", { namespace: "games" });
const director = new UdpDirector("director", {
  namespace: "games",
  image: "registry.example.com/udp-director:0.1.0",
  redisUrl: sessions.url,
  config: {
    resourceQueryMapping: {
      pod: {
        ...{ group: "", version: "v1", resource: "pods" },
        ...{ addressPath: "status.podIP", portName: "udp" },
      },
    },
    discovery: { kubernetes: { namespaces: ["games"] } },
  },
});
const lb = new MetalLbUdpLoadBalancer("director", {
  addresses: ["192.168.1.210"],
  selector: director.selector,
  namespace: director.namespace,
  ports: director.ports,
});
export const endpoint = lb.endpoint;
