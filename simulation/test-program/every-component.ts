import type { ComponentResourceOptions } from "@pulumi/pulumi";
import { AksStaticIp, AksUdpLoadBalancer } from "pulumi-udp/aks";
import {
  AwsBackendAccess,
  AwsFargateBackend,
  AwsFargateRelay,
  AwsImageRepository,
  AwsInstanceRelay,
  AwsNetwork,
  AwsPrivateNamespace,
  AwsStaticIps,
  AwsUdpLoadBalancer,
  NatGateways,
} from "pulumi-udp/aws";
import { AcmeIssuer, CertManager, PrivateCaIssuer, TlsCertificate } from "pulumi-udp/cert-manager";
import { CiliumAddressPool, CiliumL2Policy, CiliumUdpLoadBalancer } from "pulumi-udp/cilium";
import { DnsOnlyRecord, RecordType } from "pulumi-udp/cloudflare";
import {
  DoDropletRelay,
  DoksUdpLoadBalancer,
  DoReservedIp,
  DoUdpLoadBalancer,
} from "pulumi-udp/digitalocean";
import { UdpDirector, ValkeyStore } from "pulumi-udp/director";
import { EndpointDirectory } from "pulumi-udp/discovery";
import { Exposure, Protocol } from "pulumi-udp/endpoint";
import {
  MetalLb,
  MetalLbAddressPool,
  MetalLbBgpPeer,
  MetalLbUdpLoadBalancer,
} from "pulumi-udp/metallb";
import { L4Gateway, TcpRoute, UdpRoute } from "pulumi-udp/traefik";
import { WebSocketLoadBalancer } from "pulumi-udp/websocket";

const UDP = { name: "game", port: 7777, protocol: Protocol.Udp };
const METRICS = {
  name: "metrics",
  port: 9090,
  protocol: Protocol.Tcp,
  exposure: Exposure.Internal,
};
const PORTS = [UDP, METRICS];
const SELECTOR = { app: "game" };
const TAGS = { team: "edge" };
const ENDPOINT = {
  addresses: ["203.0.113.10"],
  hostname: "lb.example.net",
  ports: [{ name: "game", port: 7777, protocol: Protocol.Udp }],
};
const SUBNETS = ["subnet-0123456789abcdef0"];
const VPC = "vpc-0123456789abcdef0";
const ALLOCATION = { allocationId: "eipalloc-0123456789abcdef0", ipAddress: "203.0.113.11" };
const RESERVED = { ipAddress: "203.0.113.12", region: "nyc1" };
const GATEWAY = {
  namespace: "traefik",
  tcp: { from: 10_000, to: 10_099 },
  udp: { from: 11_000, to: 11_099 },
  reservedPorts: [],
  routeClass: "",
};
const BACKENDS = [{ service: "game", port: 7777 }];
const ISSUER = { kind: "ClusterIssuer", name: "private" } as const;
const TARGET = {
  ports: ["game"],
  targetGroupArn:
    "arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/game/0123456789abcdef",
  targetPort: 7777,
};

type Construct = (name: string, opts: ComponentResourceOptions) => unknown;

/** Every component with everything that gives it children of another kind. */
export const everyComponent: Readonly<Record<string, Construct>> = {
  AksStaticIp: (name, opts) =>
    new AksStaticIp(
      name,
      { cluster: { name: "prod-aks", resourceGroup: "prod" }, dnsLabel: "game", tags: TAGS },
      opts,
    ),
  AksUdpLoadBalancer: (name, opts) =>
    new AksUdpLoadBalancer(
      name,
      {
        address: {
          ipAddress: "203.0.113.10",
          ipVersion: "IPv4",
          publicIpName: "game-ip",
          resourceGroupName: "edge",
        },
        selector: SELECTOR,
        ports: [...PORTS, { name: "query", port: 9000, protocol: Protocol.Tcp }],
        splitProtocols: true,
      },
      opts,
    ),
  AwsNetwork: (name, opts) =>
    new AwsNetwork(
      name,
      { zones: [{ name: "us-east-2a" }], natGateways: NatGateways.Single, ipv6: true, tags: TAGS },
      opts,
    ),
  AwsStaticIps: (name, opts) => new AwsStaticIps(name, { tags: TAGS }, opts),
  AwsUdpLoadBalancer: (name, opts) =>
    new AwsUdpLoadBalancer(
      name,
      {
        vpcId: VPC,
        subnetIds: SUBNETS,
        addresses: [ALLOCATION],
        ports: PORTS,
        healthCheck: { port: 9090, path: "/readyz" },
        targets: ["10.0.1.5"],
        tags: TAGS,
      },
      opts,
    ),
  AwsBackendAccess: (name, opts) =>
    new AwsBackendAccess(
      name,
      {
        vpcId: VPC,
        fromSecurityGroupId: "sg-0123456789abcdef0",
        ports: [{ port: 8080, protocol: Protocol.Tcp }],
        tags: TAGS,
      },
      opts,
    ),
  AwsFargateBackend: (name, opts) =>
    new AwsFargateBackend(
      name,
      {
        namespace: { namespaceId: "ns-0123456789abcdef", domain: "backends.internal" },
        securityGroupId: "sg-0123456789abcdef0",
        subnetIds: SUBNETS,
        ports: [{ port: 8080, protocol: Protocol.Tcp }],
        image: "ghcr.io/example/http-app:1.0",
        tags: TAGS,
      },
      opts,
    ),
  AwsPrivateNamespace: (name, opts) =>
    new AwsPrivateNamespace(name, { vpcId: VPC, domain: "backends.internal", tags: TAGS }, opts),
  AwsFargateRelay: (name, opts) =>
    new AwsFargateRelay(
      name,
      {
        targets: [TARGET],
        targetSecurityGroupId: "sg-0123456789abcdef0",
        subnetIds: SUBNETS,
        ports: PORTS,
        image: "ghcr.io/example/relay:1.0",
        tags: TAGS,
      },
      opts,
    ),
  AwsImageRepository: (name, opts) =>
    new AwsImageRepository(name, { repositoryName: "edge/relay", tags: TAGS }, opts),
  AwsInstanceRelay: (name, opts) =>
    new AwsInstanceRelay(
      name,
      {
        vpcId: VPC,
        subnetId: SUBNETS[0] ?? "",
        address: ALLOCATION,
        ports: PORTS,
        internalSecurityGroupIds: ["sg-0123456789abcdef0"],
        sshSourceRanges: ["203.0.113.0/24"],
        keyName: "ops",
        tags: TAGS,
      },
      opts,
    ),
  DoReservedIp: (name, opts) => new DoReservedIp(name, { region: "nyc1" }, opts),
  DoDropletRelay: (name, opts) =>
    new DoDropletRelay(
      name,
      { address: RESERVED, ports: PORTS, tags: ["edge"], projectId: "p-1" },
      opts,
    ),
  DoUdpLoadBalancer: (name, opts) =>
    new DoUdpLoadBalancer(
      name,
      { region: "nyc1", dropletTag: "edge", ports: PORTS, healthCheck: { port: 9090 } },
      opts,
    ),
  DoksUdpLoadBalancer: (name, opts) =>
    new DoksUdpLoadBalancer(name, { selector: SELECTOR, ports: PORTS }, opts),
  DnsOnlyRecord: (name, opts) =>
    new DnsOnlyRecord(
      name,
      {
        zone: "example.com",
        name,
        endpoint: ENDPOINT,
        recordTypes: [RecordType.A],
        srv: [{ service: "game", protocol: Protocol.Udp, port: "game" }],
        txt: ["edge"],
      },
      opts,
    ),
  UdpDirector: (name, opts) =>
    new UdpDirector(
      name,
      {
        image: "registry.example.com/udp-director:0.1.0",
        config: {
          resourceQueryMapping: {
            room: {
              group: "",
              version: "v1",
              resource: "services",
              addressPath: "status.address",
              portName: "audio",
            },
          },
          defaultEndpoint: { resourceType: "room", namespace: "default" },
          discovery: { kubernetes: { namespaces: ["default"] } },
        },
      },
      opts,
    ),
  EndpointDirectory: (name, opts) =>
    new EndpointDirectory(
      name,
      {
        image: "registry.example.com/udp-director:0.1.0",
        endpoints: [{ name: "game", endpoint: ENDPOINT }],
        token: "secret",
      },
      opts,
    ),
  ValkeyStore: (name, opts) => new ValkeyStore(name, { password: "secret" }, opts),
  CertManager: (name, opts) => new CertManager(name, {}, opts),
  AcmeIssuer: (name, opts) =>
    new AcmeIssuer(
      name,
      { namespace: "cert-manager", email: "ops@example.com", cloudflareToken: "token" },
      opts,
    ),
  PrivateCaIssuer: (name, opts) => new PrivateCaIssuer(name, { namespace: "cert-manager" }, opts),
  TlsCertificate: (name, opts) =>
    new TlsCertificate(name, { issuer: ISSUER, hosts: ["game.example.com"] }, opts),
  CiliumAddressPool: (name, opts) =>
    new CiliumAddressPool(name, { addresses: ["10.0.150.200-10.0.150.210"] }, opts),
  CiliumL2Policy: (name, opts) => new CiliumL2Policy(name, {}, opts),
  CiliumUdpLoadBalancer: (name, opts) =>
    new CiliumUdpLoadBalancer(
      name,
      { addresses: ["10.0.150.205"], selector: SELECTOR, ports: PORTS },
      opts,
    ),
  L4Gateway: (name, opts) => new L4Gateway(name, {}, opts),
  UdpRoute: (name, opts) =>
    new UdpRoute(name, { gateway: GATEWAY, port: 11_001, backends: BACKENDS }, opts),
  TcpRoute: (name, opts) =>
    new TcpRoute(name, { gateway: GATEWAY, port: 10_001, backends: BACKENDS }, opts),
  WebSocketLoadBalancer: (name, opts) =>
    new WebSocketLoadBalancer(
      name,
      { selector: SELECTOR, tls: { issuer: ISSUER, hosts: ["ws.example.com"] } },
      opts,
    ),
  MetalLb: (name, opts) => new MetalLb(name, {}, opts),
  MetalLbAddressPool: (name, opts) =>
    new MetalLbAddressPool(
      name,
      { namespace: "metallb-system", addresses: ["192.168.1.200-192.168.1.220"] },
      opts,
    ),
  MetalLbBgpPeer: (name, opts) =>
    new MetalLbBgpPeer(
      name,
      { namespace: "metallb-system", myAsn: 64_512, peerAsn: 64_513, peerAddress: "192.168.1.1" },
      opts,
    ),
  MetalLbUdpLoadBalancer: (name, opts) =>
    new MetalLbUdpLoadBalancer(
      name,
      {
        pool: { name: "lan", ranges: ["192.168.1.200-192.168.1.220"] },
        addresses: ["192.168.1.200"],
        selector: SELECTOR,
        ports: PORTS,
      },
      opts,
    ),
};
