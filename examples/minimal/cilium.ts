import {
  CiliumAddressPool,
  CiliumL2Policy,
  CiliumUdpLoadBalancer,
  Protocol,
} from "pulumi-udp/cilium";

const home = new CiliumAddressPool("home", { addresses: ["10.0.150.200-10.0.150.210"] });
new CiliumL2Policy("home");
const lb = new CiliumUdpLoadBalancer("relay", {
  pool: home.pool,
  selector: { app: "relay" },
  ports: [{ name: "quic", port: 4433, protocol: Protocol.Udp }],
});
export const endpoint = lb.endpoint;
