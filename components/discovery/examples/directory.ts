import { EndpointDirectory } from "pulumi-udp/discovery";
import { MetalLbUdpLoadBalancer, Protocol } from "pulumi-udp/metallb";

const game = new MetalLbUdpLoadBalancer("game", {
  selector: { app: "game" },
  ports: [{ name: "game", port: 7777, protocol: Protocol.Udp }],
});
const directory = new EndpointDirectory("directory", {
  image: "registry.example.com/udp-director:0.1.0",
  endpoints: [
    {
      name: "game-home",
      endpoint: game.endpoint,
      region: "home",
      health: { udp: { port: 7777, sendHex: "70696e67" } },
    },
  ],
});
export const published = new MetalLbUdpLoadBalancer("directory", {
  selector: directory.selector,
  namespace: directory.namespace,
  ports: directory.ports,
}).endpoint;
export const url = directory.url;
