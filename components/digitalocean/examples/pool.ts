import { DoUdpLoadBalancer, Protocol } from "pulumi-udp/digitalocean";

const lb = new DoUdpLoadBalancer("pool", {
  region: "nyc1",
  dropletTag: "relay",
  ports: [{ name: "quic", port: 4433, protocol: Protocol.Udp }],
  healthCheck: { port: 9090, path: "/readyz" },
});
export const endpoint = lb.endpoint;
