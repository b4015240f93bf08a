import { readFileSync } from "node:fs";
import { AcmeIssuer, PrivateCaIssuer } from "../../components/cert-manager/index.ts";
import {
  CiliumAddressPool,
  CiliumL2Policy,
  CiliumUdpLoadBalancer,
} from "../../components/cilium/index.ts";
import { DoksUdpLoadBalancer } from "../../components/digitalocean/index.ts";
import { UdpDirector, ValkeyStore } from "../../components/director/index.ts";
import {
  MetalLbAddressPool,
  MetalLbBgpPeer,
  MetalLbMode,
  MetalLbUdpLoadBalancer,
} from "../../components/metallb/index.ts";
import { TcpRoute, TlsMode, UdpRoute } from "../../components/traefik/index.ts";
import { TlsTermination, WebSocketLoadBalancer } from "../../components/websocket/index.ts";

/** One of everything that makes objects in a cluster, in each shape that its pods can have. */
const namespace = "edge";
const image = "registry.example.com/udp-director:0.1.0";
const config = {
  resourceQueryMapping: {
    pod: {
      ...{ group: "", version: "v1", resource: "pods" },
      ...{ addressPath: "status.podIP", portName: "udp" },
    },
  },
  discovery: { kubernetes: { namespaces: [namespace] } },
};
const rules = new URL("../../udp-director/alerts/rules.yaml", import.meta.url);
const monitoring = { labels: { release: "prometheus" }, alertRules: readFileSync(rules, "utf8") };
const alone = new UdpDirector("alone", { namespace, image, config, monitoring });
const store = new ValkeyStore("store", { namespace });
new UdpDirector("shared", { namespace, image, config, redisUrl: store.url });
const journal = { kind: "journal" as const, journal: { path: "/var/lib/udp-director/journal" } };
new UdpDirector("journal", { namespace, image, config: { ...config, store: journal } });
new UdpDirector("kernel", {
  ...{ image, config: { ...config, kernel: { enabled: true } }, kernelPath: true },
  ...{ namespace: "kernel-path", createNamespace: true },
});

new MetalLbAddressPool("l2", { namespace, addresses: ["192.168.1.200-192.168.1.220"] });
const mode = MetalLbMode.Bgp;
new MetalLbAddressPool("bgp", { namespace, mode, addresses: ["10.0.0.0/24"] });
const peer = { myAsn: 64_512, peerAsn: 64_513, peerAddress: "192.168.1.1" };
new MetalLbBgpPeer("router", { namespace, ...peer });
const pods = { namespace, selector: alone.selector, ports: alone.ports };
new MetalLbUdpLoadBalancer("metallb", { ...pods, addresses: ["192.168.1.200"] });
const home = new CiliumAddressPool("home", { addresses: ["10.0.150.200-10.0.150.210"] });
new CiliumL2Policy("home", { interfaces: ["^eth[0-9]+"] });
new CiliumUdpLoadBalancer("cilium", { ...pods, pool: home.pool, addresses: ["10.0.150.205"] });
new DoksUdpLoadBalancer("doks", pods);

const gateway = {
  ...{ namespace: "traefik", reservedPorts: [], routeClass: "edge" },
  ...{ tcp: { from: 10_000, to: 10_099 }, udp: { from: 11_000, to: 11_099 } },
};
const backends = [{ service: "db", port: 5432, weight: 3 }];
new UdpRoute("udp", { gateway, namespace, port: 11_000, backends });
const tls = { mode: TlsMode.Passthrough, hosts: ["db.example.com", "*.db.example.com"] };
new TcpRoute("tcp", { gateway, namespace, port: 10_000, backends, tls });

const { issuer } = new AcmeIssuer("acme", {
  namespace,
  email: "ops@example.com",
  cloudflareToken: "token",
  zones: ["example.com"],
});
new PrivateCaIssuer("private", { namespace });
const wss = { namespace, selector: { app: "messaging" } };
const hosts = ["messaging.example.com"];
new WebSocketLoadBalancer("direct", { ...wss, tls: { issuer, hosts } });
for (const controller of ["traefik", "nginx"] as const) {
  const termination = TlsTermination.Ingress;
  new WebSocketLoadBalancer(`through-${controller}`, {
    ...{ ...wss, publicAddresses: ["203.0.113.7"] },
    tls: { issuer, hosts, termination, controller },
  });
}
