import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Config } from "@pulumi/pulumi";
import { CertManager, PrivateCaIssuer } from "../../../components/cert-manager/index.ts";
import { TlsTermination, WebSocketLoadBalancer } from "../../../components/websocket/index.ts";
import { server } from "../servers/workloads.ts";

/**
 * WebSockets with TLS, beside the gateway's stack: cert-manager with an authority of its own, TLS
 * that the pods end themselves on an address of MetalLB (option A), and TLS that the gateway's
 * Traefik ends as an ingress controller (option B). `version` rolls the pods of both.
 */
const config = new Config();
const [, httpsAddress = "", wssAddress = ""] = config.requireObject<string[]>("addresses");
const namespace = new Namespace("messaging", {
  metadata: { name: "messaging", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
}).metadata.name;
const image = { image: { tag: config.require("certManagerTag") } };
const certs = new CertManager("certs", {
  chart: config.require("certManagerChart"),
  values: { ...image, webhook: image, cainjector: image, startupapicheck: image },
});
const { issuer, rootSecret } = new PrivateCaIssuer("private", { namespace: certs.namespace });

const messaging = { namespace, drainSeconds: 30 };
const direct = new WebSocketLoadBalancer("direct", {
  ...{ ...messaging, addresses: [wssAddress] },
  selector: { app: "direct-pods" },
  tls: { issuer, hosts: ["direct.lan.test"] },
});
const ingress = new WebSocketLoadBalancer("ingress", {
  ...{ ...messaging, publicAddresses: [httpsAddress] },
  selector: { app: "ingress-pods" },
  tls: { issuer, hosts: ["ingress.lan.test"], termination: TlsTermination.Ingress },
});
const pods = { namespace, port: 8080, replicas: 2, env: { VERSION: config.require("version") } };
server("direct-pods", {
  ...{ ...pods, args: ["wss"], tlsSecret: direct.tlsSecret },
  webSocket: { settings: direct.podSettings, scheme: "HTTPS" },
});
server("ingress-pods", {
  ...{ ...pods, args: ["ws"] },
  webSocket: { settings: ingress.podSettings, scheme: "HTTP" },
});

export { issuer, rootSecret };
