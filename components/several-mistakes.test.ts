import { test } from "node:test";
import { AksStaticIp, AksUdpLoadBalancer, type TrafficPolicy } from "pulumi-udp/aks";
import {
  AwsBackendAccess,
  AwsFargateBackend,
  AwsFargateRelay,
  AwsImageRepository,
  AwsInstanceRelay,
  AwsNetwork,
  AwsUdpLoadBalancer,
  type TargetType,
} from "pulumi-udp/aws";
import { AcmeIssuer } from "pulumi-udp/cert-manager";
import { CiliumAddressPool, CiliumUdpLoadBalancer } from "pulumi-udp/cilium";
import { DnsOnlyRecord } from "pulumi-udp/cloudflare";
import { DoDropletRelay, DoksUdpLoadBalancer, DoUdpLoadBalancer } from "pulumi-udp/digitalocean";
import { UdpDirector } from "pulumi-udp/director";
import { Protocol } from "pulumi-udp/endpoint";
import {
  MetalLb,
  MetalLbAddressPool,
  type MetalLbMode,
  MetalLbUdpLoadBalancer,
} from "pulumi-udp/metallb";
import { L4Gateway } from "pulumi-udp/traefik";
import { WebSocketLoadBalancer } from "pulumi-udp/websocket";
import { refusedAll } from "./testing/refused.ts";

const UDP = { name: "game", port: 7777, protocol: Protocol.Udp };
/** A bad name, a bad number, a bad protocol: three mistakes. */
const BAD_PORTS = [
  { name: "Game", port: 0, protocol: Protocol.Udp },
  { name: "voice", port: 9000, protocol: "SCTP" as Protocol },
];
const BAD_PATHS = ["ports[0].name", "ports[0].port", "ports[1].protocol"];
const ADDRESS = { ipAddress: "203.0.113.1" };

/** What each component says of a caller who gets several things wrong at once. */
const cases: Readonly<Record<string, readonly [() => unknown, readonly string[]]>> = {
  AksStaticIp: [
    () =>
      new AksStaticIp("x", {
        cluster: { name: "c" },
        dnsLabel: "1",
        tags: { service: "a", SERVICE: "b", app: "c" },
      }),
    ["cluster", "dnsLabel", 'tags["service"]', 'tags["SERVICE"]'],
  ],
  AksUdpLoadBalancer: [
    () =>
      new AksUdpLoadBalancer("x", {
        address: { ...ADDRESS, ipVersion: "IPv4", publicIpName: "p", resourceGroupName: "g" },
        selector: {},
        ports: [{ ...UDP, healthProbe: {} }],
        externalTrafficPolicy: "Cluster" as TrafficPolicy,
        sourceRanges: ["10.0.0.0"],
      }),
    ["externalTrafficPolicy", "ports[0].healthProbe", "selector", "sourceRanges[0]"],
  ],
  AwsUdpLoadBalancer: [
    () =>
      new AwsUdpLoadBalancer("x", {
        vpcId: "vpc-1",
        subnetIds: ["subnet-1"],
        ports: BAD_PORTS,
        healthCheck: { port: 0, intervalSeconds: 1 },
        targetType: "pod" as TargetType,
      }),
    [
      ...BAD_PATHS,
      "targetType",
      "healthCheck.port",
      "healthCheck.intervalSeconds",
      "healthCheck.timeoutSeconds",
    ],
  ],
  AwsBackendAccess: [
    () =>
      new AwsBackendAccess("x", {
        vpcId: "vpc-1",
        fromSecurityGroupId: "sg-1",
        ports: [
          { port: 0, protocol: Protocol.Tcp },
          { port: 8080, protocol: "SCTP" as Protocol },
        ],
      }),
    ["ports[0].port", "ports[1].protocol"],
  ],
  AwsFargateBackend: [
    () =>
      new AwsFargateBackend("x", {
        namespace: { namespaceId: "ns-1", domain: "backends.internal" },
        hostname: "http.app",
        securityGroupId: "sg-1",
        subnetIds: ["subnet-1"],
        ports: [],
        image: "app:1",
        cpu: 3,
        writablePaths: ["tmp"],
        healthCommand: [],
      }),
    ["cpu", "writablePaths[0]", "hostname", "ports", "healthCommand"],
  ],
  AwsFargateRelay: [
    () =>
      new AwsFargateRelay("x", {
        targets: [],
        targetSecurityGroupId: "sg-1",
        subnetIds: ["subnet-1"],
        ports: [UDP],
        image: "app:1",
        cpu: 3,
        desiredCount: -1,
      }),
    ["targets", "desiredCount", "cpu"],
  ],
  AwsInstanceRelay: [
    () =>
      new AwsInstanceRelay("x", {
        vpcId: "vpc-1",
        subnetId: "subnet-1",
        address: { ...ADDRESS, allocationId: "eipalloc-1" },
        ports: [{ ...UDP, targetPort: 1 }],
        diskGigabytes: 1,
        keyName: "key",
      }),
    ["ports[0].targetPort", "diskGigabytes", "keyName"],
  ],
  AwsNetwork: [
    () => new AwsNetwork("x", { cidrBlock: "10.0.0.0/8", zones: [{ name: "a" }, { name: "b" }] }),
    ["cidrBlock", "zones[0].name", "zones[1].name"],
  ],
  AwsImageRepository: [
    () => new AwsImageRepository("x", { repositoryName: "UPPER", keepImages: 0 }),
    ["repositoryName", "keepImages"],
  ],
  DoDropletRelay: [
    () =>
      new DoDropletRelay("x", {
        address: { ...ADDRESS, region: "nyc1" },
        ports: [{ ...UDP, targetPort: 1 }],
        egressRanges: [],
        sshSourceRanges: ["0.0.0.0/0"],
        tags: ["a b"],
      }),
    ["ports[0].targetPort", "egressRanges", "sshSourceRanges[0]", "sshKeys", "tags[0]"],
  ],
  DoUdpLoadBalancer: [
    () =>
      new DoUdpLoadBalancer("x", {
        region: "nyc1",
        dropletTag: "x",
        ports: BAD_PORTS,
        healthCheck: { port: 9090, intervalSeconds: 1, healthyThreshold: 1 },
      }),
    [...BAD_PATHS, "healthCheck.intervalSeconds", "healthCheck.healthyThreshold"],
  ],
  DoksUdpLoadBalancer: [
    () =>
      new DoksUdpLoadBalancer("x", {
        selector: { app: "" },
        ports: BAD_PORTS,
        sourceRanges: ["x"],
      }),
    [...BAD_PATHS, 'selector["app"]', "sourceRanges[0]"],
  ],
  DnsOnlyRecord: [
    () =>
      new DnsOnlyRecord("x", {
        name: "a b",
        endpoint: { addresses: [], ports: [] },
        ttl: 2,
        addressesPerType: 0,
        srv: [{ service: "_sip", protocol: Protocol.Udp, port: "game", weight: -1 }],
        txt: [""],
      }),
    ["zone", "name", "ttl", "addressesPerType", "srv[0].service", "srv[0].weight", "txt[0]"],
  ],
  MetalLb: [
    () => new MetalLb("x", { mode: "ARP" as MetalLbMode, timeoutSeconds: 1 }),
    ["mode", "timeoutSeconds"],
  ],
  MetalLbAddressPool: [
    () =>
      new MetalLbAddressPool("x", {
        namespace: "metallb-system",
        addresses: ["10.0.0.300", "10.0.0.9-10.0.0.1"],
      }),
    ["addresses[0]", "addresses[1]"],
  ],
  MetalLbUdpLoadBalancer: [
    () => new MetalLbUdpLoadBalancer("x", { selector: {}, ports: BAD_PORTS, addresses: ["x"] }),
    [...BAD_PATHS, "selector", "addresses[0]"],
  ],
  CiliumAddressPool: [
    () => new CiliumAddressPool("x", { addresses: ["a", "b"] }),
    ["addresses[0]", "addresses[1]"],
  ],
  CiliumUdpLoadBalancer: [
    () =>
      new CiliumUdpLoadBalancer("x", {
        selector: {},
        ports: BAD_PORTS,
        externalTrafficPolicy: "Local",
      }),
    [...BAD_PATHS, "selector", "externalTrafficPolicy"],
  ],
  L4Gateway: [
    () =>
      new L4Gateway("x", {
        tcpPorts: { from: 1, to: 2 },
        udpPorts: { from: 9, to: 70_000 },
        preStopSeconds: -1,
      }),
    ["tcpPorts.from", "tcpPorts.to", "udpPorts.from", "udpPorts.to", "preStopSeconds"],
  ],
  WebSocketLoadBalancer: [
    () => new WebSocketLoadBalancer("x", { selector: {}, port: 0, affinitySeconds: 0 }),
    ["port", "selector", "affinitySeconds"],
  ],
  AcmeIssuer: [
    () => new AcmeIssuer("x", { namespace: "c", email: "nobody", server: "http://a" }),
    ["email", "cloudflareToken", "server"],
  ],
  UdpDirector: [
    () =>
      new UdpDirector("x", {
        image: "director:1",
        config: { queryPort: 80, resourceQueryMapping: {}, discovery: {} },
        replicas: 2,
        preStopSeconds: 1,
      }),
    ["config.queryPort", "replicas", "preStopSeconds"],
  ],
};

for (const [component, [construct, paths]] of Object.entries(cases)) {
  test(`${component} reports all of a caller's mistakes together`, () =>
    refusedAll(construct, paths));
}
