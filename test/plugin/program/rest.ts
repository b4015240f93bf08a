import path from "node:path";
import { Config, secret } from "@pulumi/pulumi";
import { AwsStaticIps } from "pulumi-udp/aws";
import { AcmeIssuer, CertManager, PrivateCaIssuer, TlsCertificate } from "pulumi-udp/cert-manager";
import { CiliumAddressPool, CiliumL2Policy, CiliumUdpLoadBalancer } from "pulumi-udp/cilium";
import { UdpDirector, ValkeyStore } from "pulumi-udp/director";
import { EndpointDirectory } from "pulumi-udp/discovery";
import { Protocol } from "pulumi-udp/endpoint";
import { LocalEchoBackend, LocalEndpointDirectory, LocalUdpDirector } from "pulumi-udp/local";
import {
  MetalLb,
  MetalLbAddressPool,
  MetalLbBgpPeer,
  MetalLbUdpLoadBalancer,
} from "pulumi-udp/metallb";
import { L4Gateway, TcpRoute, TlsMode, UdpRoute } from "pulumi-udp/traefik";
import { WebSocketLoadBalancer } from "pulumi-udp/websocket";
import "../../../simulation/test-program/backends.ts";

/** The components that the simulation's program of every cloud does not have. */
const config = new Config();
const ports = config.requireObject<Record<string, number>>("ports");

new AwsStaticIps("kept");
new AwsStaticIps("free", {}, { protect: false });

const metallb = new MetalLb("metallb");
const { namespace } = metallb;
const lan = new MetalLbAddressPool("lan", { namespace, addresses: ["192.168.1.200/28"] });
new MetalLbBgpPeer("router", {
  ...{ namespace, myAsn: 64_512, peerAsn: 64_513 },
  peerAddress: "192.168.1.1",
});
const l4 = new L4Gateway("l4");
const front = new MetalLbUdpLoadBalancer("front", {
  pool: lan.pool,
  addresses: ["192.168.1.200"],
  selector: l4.selector,
  namespace: l4.namespace,
  ports: l4.ports,
});
const backends = [{ service: "dns", port: 53 }];
new UdpRoute("dns", { gateway: l4.gateway, port: 11_000, backends });
new TcpRoute("dns", {
  ...{ gateway: l4.gateway, port: 10_000, backends },
  tls: { mode: TlsMode.Passthrough, hosts: ["dns.example.com"] },
});

const certs = new CertManager("certs");
const ca = new PrivateCaIssuer("ca", { namespace: certs.namespace });
const acme = new AcmeIssuer("acme", {
  namespace: certs.namespace,
  email: "ops@example.com",
  cloudflareToken: secret("token"),
});
new TlsCertificate("inside", { issuer: ca.issuer, hosts: ["inside.example.com"] });
new WebSocketLoadBalancer("messaging", {
  selector: { app: "messaging" },
  pool: lan.pool,
  addresses: ["192.168.1.201"],
  tls: { issuer: acme.issuer, hosts: ["messaging.example.com"] },
});

const home = new CiliumAddressPool("home", { addresses: ["10.0.150.200-10.0.150.210"] });
new CiliumL2Policy("home");
new CiliumUdpLoadBalancer("relay", {
  ...{ pool: home.pool, addresses: ["10.0.150.205"], selector: { app: "relay" } },
  ports: [{ name: "quic", port: 4433, protocol: Protocol.Udp }],
});

const store = new ValkeyStore("sessions", { password: secret("s3cret") });
new UdpDirector("director", {
  image: "registry.example.com/udp-director:1",
  redisUrl: store.url,
  config: {
    resourceQueryMapping: {
      room: {
        ...{ group: "", version: "v1", resource: "pods" },
        ...{ addressPath: "status.podIP", portName: "udp" },
      },
    },
    discovery: { kubernetes: { namespaces: ["default"] } },
  },
});
new EndpointDirectory("directory", {
  image: "registry.example.com/udp-director:1",
  endpoints: [{ name: "dns", endpoint: front.endpoint }],
  token: secret("t0ken"),
});

/** Processes of this machine. */
const stateDir = path.resolve(config.require("stateDir"));
const port = (name: string) => ({ port: ports[name] ?? 0, setting: `ports.${name}` });
new LocalEchoBackend("echo", {
  ...{ stateDir, port: ports.echo ?? 0, portSetting: "ports.echo", label: "echo" },
});
const director = new LocalUdpDirector("local", {
  ...{ stateDir, queryPort: port("query"), dataPort: port("data"), metricsPort: port("metrics") },
  config: {
    defaultEndpoint: { resourceType: "echo", namespace: "local" },
    resourceQueryMapping: {
      echo: {
        ...{ group: "", version: "v1", resource: "pods" },
        ...{ addressPath: "status.address", portName: "udp" },
      },
    },
    discovery: {
      static: {
        resources: [
          {
            ...{ resourceType: "echo", namespace: "local", name: "echo" },
            ...{ address: "127.0.0.1", ports: { udp: ports.echo ?? 0 } },
          },
        ],
      },
    },
  },
});
new LocalEndpointDirectory("local", {
  ...{ stateDir, port: port("directory") },
  endpoints: [{ name: "echo", endpoint: director.endpoint }],
});
