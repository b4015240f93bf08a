import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { clouds } from "../testing/clouds.ts";
import { resolved, run } from "../testing/mocks.ts";
import { refused as refusedProgram } from "../testing/refused.ts";
import {
  type AksAddress,
  AksStaticIp,
  AksUdpLoadBalancer,
  type AksUdpLoadBalancerArgs,
  Exposure,
  IpVersion,
  Protocol,
  porterSelector,
  TrafficPolicy,
} from "./index.ts";

const ADDRESS: AksAddress = {
  ipAddress: "203.0.113.10",
  ipVersion: "IPv4",
  publicIpName: "audio-ip3c4d",
  resourceGroupName: "audio-group1a2b",
};
const AUDIO = { name: "audio", port: 8000, protocol: Protocol.Udp };
const QUERY = { name: "query", port: 9000, protocol: Protocol.Tcp };
const ARGS: AksUdpLoadBalancerArgs = {
  address: ADDRESS,
  selector: porterSelector({ app: "cloud-debug", service: "cloud" }),
  ports: [AUDIO],
};

function lb(args: Partial<AksUdpLoadBalancerArgs> = {}) {
  return run(() => new AksUdpLoadBalancer("audio", { ...ARGS, ...args }), clouds);
}

const refused = (args: Partial<AksUdpLoadBalancerArgs>, propertyPath: string, reason: RegExp) =>
  refusedProgram(() => lb(args), propertyPath, reason);

test("the Service takes the address by name and resource group", async () => {
  const { one } = await lb();
  assert.deepEqual(one("Service").inputs, {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      namespace: "default",
      labels: {
        "app.kubernetes.io/component": "load-balancer",
        "app.kubernetes.io/instance": "audio",
        "app.kubernetes.io/managed-by": "pulumi",
        "app.kubernetes.io/name": "pulumi-udp",
      },
      annotations: {
        "service.beta.kubernetes.io/azure-load-balancer-resource-group": "audio-group1a2b",
        "service.beta.kubernetes.io/azure-pip-name": "audio-ip3c4d",
      },
    },
    spec: {
      type: "LoadBalancer",
      allocateLoadBalancerNodePorts: false,
      externalTrafficPolicy: "Local",
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      ports: [{ name: "audio", port: 8000, protocol: "UDP", targetPort: 8000 }],
      selector: {
        "porter.run/app-name": "cloud-debug",
        "porter.run/service-name": "cloud",
      },
    },
  });
  assert.equal(one("Service").deleteBeforeReplace, true);
});

test("trap 1: the policy is Local, and Cluster with UDP is refused unless it is meant", async () => {
  assert.equal((await lb()).one("Service").inputs.spec.externalTrafficPolicy, "Local");
  const policy = TrafficPolicy.Cluster;
  await refused(
    { externalTrafficPolicy: policy },
    "externalTrafficPolicy",
    /no health probe for a UDP port \("audio"\).*Use Local, or set allowUnprobedUdp/,
  );
  const meant = await lb({ externalTrafficPolicy: policy, allowUnprobedUdp: true });
  assert.equal(meant.one("Service").inputs.spec.externalTrafficPolicy, "Cluster");
  assert.equal(meant.one("Service").inputs.spec.allocateLoadBalancerNodePorts, true);
  const tcp = await lb({ externalTrafficPolicy: policy, ports: [QUERY] });
  assert.equal(tcp.one("Service").inputs.spec.externalTrafficPolicy, "Cluster");
});

test("trap 2: a health probe on a UDP port is refused by the port's name", () =>
  refused(
    { ports: [{ ...AUDIO, healthProbe: { count: 3 } }] },
    "ports[0].healthProbe",
    /UDP port "audio".*leave it out/,
  ));

test("a health probe under Local would be passed over, and is refused", () =>
  refused(
    { ports: [AUDIO, { ...QUERY, healthProbe: {} }] },
    "ports[1].healthProbe",
    /"query".*Local one probe for all ports/,
  ));

test("trap 7: interval times count stays below 120 seconds", async () => {
  const probed = (intervalSeconds: number, count: number) => ({
    externalTrafficPolicy: TrafficPolicy.Cluster,
    ports: [{ ...QUERY, healthProbe: { intervalSeconds, count } }],
  });
  await refused(probed(60, 2), "ports[0].healthProbe", /60 s x 2 is 120 s.*below 120 s/);
  await refused(
    probed(4, 2),
    "ports[0].healthProbe.intervalSeconds",
    /4 is not a whole number from 5/,
  );
  await refused(probed(5, 1), "ports[0].healthProbe.count", /1 is not a whole number from 2/);
  const { one } = await lb(probed(17, 7));
  const { annotations } = one("Service").inputs.metadata;
  assert.equal(annotations["service.beta.kubernetes.io/port_9000_health-probe_interval"], "17");
  assert.equal(annotations["service.beta.kubernetes.io/port_9000_health-probe_num-of-probe"], "7");
});

test("trap 8: 300 ports are published, 301 are refused with the numbers", async () => {
  const ports = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ ...AUDIO, name: `p${i}`, port: 8000 + i }));
  await lb({ ports: ports(300) });
  await refused(
    { ports: ports(301) },
    "ports",
    /has 301 PUBLIC ports.*takes 300.*a shorter port range of a director, or .* by tokens/,
  );
});

test("trap 3 and 4: the Service waits for the address and the role, and goes before them", async () => {
  const { one } = await run(() => {
    const ip = new AksStaticIp("audio", { cluster: { name: "debug-aks", resourceGroup: "debug" } });
    return new AksUdpLoadBalancer("audio", { ...ARGS, address: ip.address });
  }, clouds);
  const dependencies = one("Service").dependencies.join(" ");
  assert.match(dependencies, /PublicIPAddress::audio-ip/);
  assert.match(dependencies, /RoleAssignment::audio-network-contributor/);
});

test("trap 6: no Service carries a DNS label annotation", async () => {
  const { one, result } = await run(() => {
    const ip = new AksStaticIp("audio", {
      cluster: { name: "debug-aks", resourceGroup: "debug" },
      dnsLabel: "audio-debug",
    });
    return new AksUdpLoadBalancer("audio", { ...ARGS, address: ip.address });
  }, clouds);
  assert.doesNotMatch(JSON.stringify(one("Service").inputs), /dns-label/);
  assert.deepEqual(await resolved(result.endpoint), {
    addresses: ["203.0.113.10"],
    hostname: "audio-debug.westeurope.cloudapp.azure.com",
    ports: [AUDIO],
  });
});

test("trap 36: the endpoint comes from the address, whether or not anything is awaited", async () => {
  for (const skipAwait of [false, true]) {
    const { one, result } = await lb({ skipAwait });
    const { annotations } = one("Service").inputs.metadata;
    assert.equal(annotations["pulumi.com/skipAwait"], skipAwait ? "true" : undefined);
    // The mocked Service has no status at all.
    assert.deepEqual((await resolved(result.endpoint)).addresses, ["203.0.113.10"]);
  }
});

test("trap 37: Porter's revision label is refused in any selector", () =>
  refused(
    { selector: { "porter.run/app-revision-id": "7" } },
    'selector["porter.run/app-revision-id"]',
    /changes with every Porter deployment/,
  ));

test("trap 38: an internal port goes to a ClusterIP Service and never to the address", async () => {
  const metrics = {
    name: "metrics",
    port: 9090,
    protocol: Protocol.Tcp,
    exposure: Exposure.Internal,
  };
  const { one, result } = await lb({ ports: [AUDIO, metrics] });
  const published = one("audio-service").inputs.spec;
  const internal = one("audio-internal").inputs;
  assert.deepEqual(
    published.ports.map(({ port }: { port: number }) => port),
    [8000],
  );
  assert.equal(internal.spec.type, "ClusterIP");
  assert.deepEqual(
    internal.spec.ports.map(({ port }: { port: number }) => port),
    [9090],
  );
  assert.doesNotMatch(JSON.stringify(internal), /azure/);
  assert.deepEqual((await resolved(result.endpoint)).ports, [AUDIO]);
  assert.ok(result.internalHostname);
  assert.equal(
    await resolved(result.internalHostname),
    "audio-internal-5e6f.default.svc.cluster.local",
  );
  await refused({ ports: [metrics] }, "ports", /no PUBLIC port/);
});

test("a Service on an IPv6 address is an IPv6 Service, under the same annotation", async () => {
  const { one } = await lb({
    address: { ...ADDRESS, ipAddress: "2001:db8::1", ipVersion: IpVersion.V6 },
  });
  const { metadata, spec } = one("Service").inputs;
  assert.deepEqual(spec.ipFamilies, ["IPv6"]);
  assert.equal(spec.ipFamilyPolicy, "SingleStack");
  assert.equal(
    metadata.annotations["service.beta.kubernetes.io/azure-pip-name"],
    ADDRESS.publicIpName,
  );
});

test("one number on both protocols is two ports of one Service", async () => {
  const { one } = await lb({ ports: [AUDIO, { ...QUERY, port: 8000 }] });
  assert.deepEqual(
    one("Service").inputs.spec.ports.map((port: { protocol: string }) => port.protocol),
    ["UDP", "TCP"],
  );
});

test("inside the cluster the workload is found by the Service's name", async () => {
  const named = await lb({ serviceName: "cloud-debug-udp", namespace: "voice" });
  assert.equal(
    await resolved(named.result.clusterHostname),
    "cloud-debug-udp.voice.svc.cluster.local",
  );
  const { result } = await lb();
  assert.equal(
    await resolved(result.clusterHostname),
    "audio-service-5e6f.default.svc.cluster.local",
  );
});

test("source ranges pass in CIDR form and nothing else", async () => {
  const ranges = ["203.0.113.0/24", "2001:db8::/32"];
  const { one } = await lb({ sourceRanges: ranges });
  assert.deepEqual(one("Service").inputs.spec.loadBalancerSourceRanges, ranges);
  for (const range of ["203.0.113.1", "203.0.113.0/33", "any/0", "2001:db8::/129", "1.2.3.4/8/8"]) {
    await refused({ sourceRanges: [range] }, "sourceRanges[0]", /is not a network/);
  }
});

test("node ports can't be left out under Cluster, where Azure probes them", () =>
  refused(
    { externalTrafficPolicy: "Cluster", ports: [QUERY], allocateNodePorts: false },
    "allocateNodePorts",
    /probes node ports/,
  ));

test("an empty selector is refused", () => refused({ selector: {} }, "selector", /is empty/));

test("whatever the ports, each is on the address or internal, never both and never lost", async () => {
  const port = fc.record({
    port: fc.integer({ min: 1, max: 65_535 }),
    protocol: fc.constantFrom(Protocol.Udp, Protocol.Tcp),
    exposure: fc.constantFrom(Exposure.Public, Exposure.Internal),
  });
  const ports = fc
    .uniqueArray(port, {
      minLength: 1,
      maxLength: 20,
      selector: (one) => `${one.protocol} ${one.port}`,
    })
    .filter((list) => list.some(({ exposure }) => exposure === Exposure.Public))
    .map((list) => list.map((one, index) => ({ ...one, name: `p${index}` })));
  await fc.assert(
    fc.asyncProperty(ports, async (given) => {
      const { resources } = await lb({ ports: given });
      const found = resources
        .filter(({ type }) => type.endsWith("Service"))
        .flatMap(({ inputs }) =>
          inputs.spec.ports.map((one: { name: string }) => [one.name, inputs.spec.type]),
        );
      const wanted = given.map(({ name, exposure }) => [
        name,
        exposure === Exposure.Public ? "LoadBalancer" : "ClusterIP",
      ]);
      assert.deepEqual(found.toSorted(), wanted.toSorted());
    }),
    { numRuns: 15 },
  );
});

test("UDP and TCP are one Service, or two on the same address, one after the other", async () => {
  const both = [AUDIO, { ...AUDIO, name: "audio-tcp", protocol: Protocol.Tcp }, QUERY];
  const { one: together } = await lb({ ports: both });
  assert.equal(together("Service").inputs.spec.ports.length, 3);

  const { one, result } = await lb({ ports: both, splitProtocols: true, serviceName: "audio" });
  const udp = one("audio-service");
  const tcp = one("audio-service-tcp");
  const ports = ({ inputs }: typeof udp) =>
    inputs.spec.ports.map(
      (port: { protocol: string; port: number }) => `${port.protocol} ${port.port}`,
    );
  assert.deepEqual([ports(udp), ports(tcp)], [["UDP 8000"], ["TCP 8000", "TCP 9000"]]);
  assert.deepEqual([udp.inputs.metadata.name, tcp.inputs.metadata.name], ["audio", "audio-tcp"]);
  assert.deepEqual(udp.inputs.metadata.annotations, tcp.inputs.metadata.annotations);
  assert.ok(tcp.dependencies.some((urn) => urn.endsWith("::audio-service")));
  assert.equal((await resolved(result.endpoint)).ports.length, 3);

  const { one: only } = await lb({ ports: [QUERY], splitProtocols: true });
  assert.equal(only("Service").name, "audio-service");
});
