import {
  CiliumAddressPool,
  CiliumL2Policy,
  CiliumUdpLoadBalancer,
  Protocol,
} from "pulumi-udp/cilium";

const home = new CiliumAddressPool("home", {
  addresses: ["10.0.150.200-10.0.150.210"],
  keepClearOf: { nodes: ["10.0.150.101-10.0.150.108"] },
});
new CiliumL2Policy("home", { interfaces: ["^eth[0-9]+"] });
const lb = new CiliumUdpLoadBalancer("intermediate", {
  pool: home.pool,
  addresses: ["10.0.150.205"],
  namespace: "ztna",
  selector: { app: "intermediate-server" },
  ports: [{ name: "quic", port: 4433, protocol: Protocol.Udp }],
});
export const endpoint = lb.endpoint;
