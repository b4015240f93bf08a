import { AcmeIssuer, CertManager } from "pulumi-udp/cert-manager";
import { DnsOnlyRecord } from "pulumi-udp/cloudflare";
import { MetalLb, MetalLbAddressPool } from "pulumi-udp/metallb";
import { WebSocketLoadBalancer } from "pulumi-udp/websocket";

const certs = new CertManager("certs");
const { issuer } = new AcmeIssuer("letsencrypt", {
  namespace: certs.namespace,
  email: "ops@example.com",
  tokenSecret: { name: "cloudflare", key: "api-token" },
});
const metallb = new MetalLb("metallb");
const lan = new MetalLbAddressPool("lan", {
  namespace: metallb.namespace,
  addresses: ["192.168.1.200-192.168.1.220"],
});
const lb = new WebSocketLoadBalancer("messaging", {
  namespace: "homelab-services",
  selector: { "serving.knative.dev/service": "messaging-service" },
  pool: lan.pool,
  addresses: ["192.168.1.200"],
  publicAddresses: ["203.0.113.7"], // the router's, which forwards TCP 443 to 192.168.1.200
  tls: { issuer, hosts: ["messaging.example.com"] },
});
new DnsOnlyRecord("messaging", { zone: "example.com", name: "messaging", endpoint: lb.endpoint });
export const endpoint = lb.endpoint;
