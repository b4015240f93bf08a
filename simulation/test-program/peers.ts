import { EndpointDirectory } from "pulumi-udp/discovery";
import { Protocol } from "pulumi-udp/endpoint";
import { MetalLb, MetalLbBgpPeer } from "pulumi-udp/metallb";

/** MetalLB that announces its addresses to a router, and a directory of what is behind them. */
const metallb = new MetalLb("metallb");
new MetalLbBgpPeer("router", {
  namespace: metallb.namespace,
  myAsn: 64_512,
  peerAsn: 64_513,
  peerAddress: "192.168.1.1",
});
new EndpointDirectory("directory", {
  image: "registry.example.com/udp-director:0.1.0",
  endpoints: [
    {
      name: "game",
      endpoint: {
        addresses: ["192.168.1.200"],
        ports: [{ name: "game", port: 7777, protocol: Protocol.Udp }],
      },
    },
  ],
});
