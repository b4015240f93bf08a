import { AksStaticIp, AksUdpLoadBalancer } from "pulumi-udp/aks";
import { UdpDirector } from "pulumi-udp/director";

const director = new UdpDirector("director", {
  image: "registry.example.com/udp-director:0.1.0",
  config: {
    resourceQueryMapping: {
      room: {
        group: "",
        version: "v1",
        resource: "services",
        addressPath: "status.address",
        portName: "audio",
      },
    },
    defaultEndpoint: { resourceType: "room", namespace: "default" },
    discovery: {
      static: {
        resources: [
          {
            resourceType: "room",
            namespace: "default",
            name: "lobby",
            address: "lobby.default.svc.cluster.local",
            ports: { audio: 8000 },
          },
        ],
      },
    },
  },
});

const ip = new AksStaticIp("director", { cluster: { name: "prod-aks", resourceGroup: "prod" } });
const lb = new AksUdpLoadBalancer("director", {
  address: ip.address,
  selector: director.selector,
  namespace: director.namespace,
  ports: director.ports,
});
export const endpoint = lb.endpoint;
