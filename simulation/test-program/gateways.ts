import * as pulumi from "@pulumi/pulumi";
import { AcmeIssuer, CertManager, PrivateCaIssuer } from "pulumi-udp/cert-manager";
import { MetalLb, MetalLbAddressPool, MetalLbUdpLoadBalancer } from "pulumi-udp/metallb";
import { L4Gateway, TcpRoute, TlsMode, UdpRoute } from "pulumi-udp/traefik";
import { TlsTermination, WebSocketLoadBalancer } from "pulumi-udp/websocket";

/** A gateway with routes that come and go, and WebSockets beside it. */
const config = new pulumi.Config();
const metallb = new MetalLb("metallb");
const lan = new MetalLbAddressPool("lan", {
  namespace: metallb.namespace,
  addresses: ["192.168.1.200-192.168.1.220"],
  autoAssign: false,
});

const l4 = new L4Gateway("l4");
const { gateway } = l4;
const front = new MetalLbUdpLoadBalancer("l4", {
  pool: lan.pool,
  addresses: ["192.168.1.200"],
  selector: l4.selector,
  namespace: l4.namespace,
  ports: l4.ports,
});
for (let n = 0; n < (config.getNumber("routes") ?? 1); n++) {
  new UdpRoute(`udp${n}`, {
    gateway,
    port: 11_000 + n,
    backends: [{ service: `udp${n}`, port: 53 }],
  });
}
new TcpRoute("db", {
  gateway,
  port: config.getNumber("port") ?? 10_001,
  backends: [{ service: "db", port: 5432 }],
  tls: { mode: TlsMode.Passthrough, hosts: ["db.example.com"] },
});

const certs = new CertManager("certs");
const { issuer } = new AcmeIssuer("acme", {
  namespace: certs.namespace,
  email: "ops@example.com",
  cloudflareToken: pulumi.secret("token"),
});
const ca = new PrivateCaIssuer("ca", { namespace: certs.namespace });
const messaging = new WebSocketLoadBalancer("messaging", {
  selector: { app: "messaging" },
  pool: lan.pool,
  addresses: ["192.168.1.201"],
  tls: { issuer, hosts: ["messaging.example.com"] },
});
new WebSocketLoadBalancer("inside", {
  selector: { app: "inside" },
  publicAddresses: ["192.168.1.200"],
  tls: {
    issuer: ca.issuer,
    hosts: ["inside.example.com"],
    termination: TlsTermination.Ingress,
  },
});

export const addresses = [front, messaging].map(({ endpoint }) =>
  endpoint.apply(({ addresses }) => addresses[0]),
);
