import * as pulumi from "@pulumi/pulumi";
import { CiliumAddressPool, CiliumL2Policy, CiliumUdpLoadBalancer } from "pulumi-udp/cilium";
import { Protocol } from "pulumi-udp/endpoint";
import { MetalLb, MetalLbAddressPool, MetalLbUdpLoadBalancer } from "pulumi-udp/metallb";

/** Clusters of one's own: MetalLB with a class, Cilium beside it. Configuration changes them. */
const config = new pulumi.Config();
const quic = { name: "quic", port: 4433, protocol: Protocol.Udp };
const loadBalancerClass = "metallb.io/lan";

const metallb = new MetalLb("metallb", { loadBalancerClass });
const lan = new MetalLbAddressPool("lan", {
  namespace: metallb.namespace,
  addresses: [config.get("range") ?? "192.168.1.200-192.168.1.220"],
});
const audio = new MetalLbUdpLoadBalancer("audio", {
  pool: lan.pool,
  loadBalancerClass,
  addresses: [pulumi.output(config.get("address") ?? "192.168.1.200")],
  selector: { app: "audio" },
  ports: [{ name: "audio", port: 8000, protocol: Protocol.Udp }],
});
// Afterwards, as MetalLB might choose the address that the other one asks for.
const chosen = new MetalLbUdpLoadBalancer(
  "chosen",
  { pool: lan.pool, loadBalancerClass, selector: { app: "chosen" }, ports: [quic] },
  { dependsOn: [audio] },
);

const home = new CiliumAddressPool("home", { addresses: ["10.0.150.200-10.0.150.210"] });
new CiliumL2Policy("home");
const relay = new CiliumUdpLoadBalancer("relay", {
  pool: home.pool,
  addresses: ["10.0.150.205"],
  selector: { app: "relay" },
  ports: [quic],
});

const addressOf = (lb: MetalLbUdpLoadBalancer | CiliumUdpLoadBalancer) =>
  lb.endpoint.apply(({ addresses }) => addresses[0]);
export const addresses = [audio, chosen, relay].map(addressOf);
