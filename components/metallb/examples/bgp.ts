import {
  MetalLb,
  MetalLbAddressPool,
  MetalLbBgpPeer,
  MetalLbMode,
  MetalLbUdpLoadBalancer,
  Protocol,
} from "pulumi-udp/metallb";

const metallb = new MetalLb("metallb", { mode: MetalLbMode.Bgp });
const { namespace } = metallb;
new MetalLbBgpPeer("router", {
  namespace,
  myAsn: 64_512,
  peerAsn: 64_513,
  peerAddress: "192.168.1.1",
});
const edge = new MetalLbAddressPool("edge", {
  namespace,
  mode: MetalLbMode.Bgp,
  addresses: ["203.0.113.0/28"],
});
const lb = new MetalLbUdpLoadBalancer("game", {
  pool: edge.pool,
  addresses: ["203.0.113.1"],
  selector: { app: "game" },
  ports: [{ name: "game", port: 7777, protocol: Protocol.Udp }],
});
export const endpoint = lb.endpoint;
