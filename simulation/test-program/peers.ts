import { MetalLb, MetalLbBgpPeer } from "pulumi-udp/metallb";

/** MetalLB that announces its addresses to a router. */
const metallb = new MetalLb("metallb");
new MetalLbBgpPeer("router", {
  namespace: metallb.namespace,
  myAsn: 64_512,
  peerAsn: 64_513,
  peerAddress: "192.168.1.1",
});
