import assert from "node:assert/strict";
import { test } from "node:test";
import { InputPropertyError, output } from "@pulumi/pulumi";
import { AksUdpLoadBalancer } from "../aks/index.ts";
import { clouds } from "../testing/clouds.ts";
import { type Json, resolved, run } from "../testing/mocks.ts";
import { type DirectorConfigArgs, UdpDirector, type UdpDirectorArgs } from "./index.ts";

const CONFIG: DirectorConfigArgs = {
  resourceQueryMapping: {
    room: {
      group: "",
      version: "v1",
      resource: "pods",
      addressPath: "status.address",
      portName: "udp",
    },
  },
  discovery: {
    static: {
      resources: [
        {
          resourceType: "room",
          namespace: "voice",
          name: "a",
          address: "10.0.0.1",
          ports: { udp: 1 },
        },
      ],
    },
  },
};
const ARGS: UdpDirectorArgs = { image: "registry.example.com/udp-director:1", config: CONFIG };

function director(args: Partial<UdpDirectorArgs> = {}) {
  return run(() => new UdpDirector("director", { ...ARGS, ...args }), clouds);
}

async function pod(args: Partial<UdpDirectorArgs> = {}): Promise<Json> {
  return (await director(args)).one("Deployment").inputs.spec.template;
}

function refused(
  args: Partial<UdpDirectorArgs>,
  propertyPath: string,
  reason: RegExp,
): Promise<void> {
  return assert.rejects(director(args), (error) => {
    assert.ok(InputPropertyError.isInstance(error), String(error));
    assert.equal(error.propertyPath, propertyPath);
    assert.match(error.reason, reason);
    return true;
  });
}

test("the pod reads its configuration from the ConfigMap, by its published name", async () => {
  const { one } = await director();
  const { spec } = one("Deployment").inputs.spec.template;
  assert.deepEqual(spec.volumes, [{ name: "config", configMap: { name: "director-config-7a8b" } }]);
  assert.deepEqual(spec.containers[0].args, ["serve"]);
  assert.deepEqual(spec.containers[0].env, [
    { name: "CONFIG_PATH", value: "/etc/udp-director/config.yaml" },
  ]);
  assert.deepEqual(JSON.parse(one("ConfigMap").inputs.data["config.yaml"]), CONFIG);
});

test("a change of the configuration rolls the pod, another order of its keys does not", async () => {
  const hash = async (config: DirectorConfigArgs) =>
    (await pod({ config })).metadata.annotations["udp-director/config-sha256"];
  const first = await hash(CONFIG);
  assert.match(first, /^[0-9a-f]{64}$/);
  const { discovery, resourceQueryMapping } = CONFIG;
  assert.equal(await hash({ discovery, resourceQueryMapping }), first);
  assert.notEqual(await hash({ ...CONFIG, tokenTtlSeconds: 31 }), first);
});

test("trap 34: the next pod is ready before the last one goes", async () => {
  const { one } = await director();
  assert.deepEqual(one("Deployment").inputs.spec.strategy, {
    type: "RollingUpdate",
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 },
  });
});

test("trap 35: a pod serves on while the load balancer notices that it leaves", async () => {
  const { spec } = await pod();
  assert.deepEqual(spec.containers[0].lifecycle, { preStop: { sleep: { seconds: 15 } } });
  assert.equal(spec.terminationGracePeriodSeconds, 45);
  assert.equal((await pod({ preStopSeconds: 60 })).spec.terminationGracePeriodSeconds, 90);
  await refused({ preStopSeconds: 9 }, "preStopSeconds", /from 10 to 300/);
  await refused({ preStopSeconds: 30, graceSeconds: 30 }, "graceSeconds", /from 31 to 3600/);
});

test("readiness and life are asked over HTTP, as no probe speaks UDP", async () => {
  const [container] = (await pod()).spec.containers;
  assert.deepEqual(container.readinessProbe.httpGet, { path: "/readyz", port: "metrics" });
  assert.deepEqual(container.livenessProbe.httpGet, { path: "/livez", port: "metrics" });
});

test("trap 38: the metrics port is for the inside only, on whatever load balancer", async () => {
  const { one, result } = await run(() => {
    const made = new UdpDirector("director", ARGS);
    return new AksUdpLoadBalancer("director", {
      address: {
        ipAddress: "203.0.113.10",
        ipVersion: "IPv4",
        publicIpName: "ip",
        resourceGroupName: "group",
      },
      selector: made.selector,
      namespace: made.namespace,
      ports: made.ports,
    });
  }, clouds);
  const numbers = (name: string) =>
    one(name).inputs.spec.ports.map((p: Json) => [p.protocol, p.port]);
  assert.deepEqual(numbers("director-service"), [
    ["TCP", 9000],
    ["UDP", 7777],
  ]);
  assert.deepEqual(numbers("director-internal"), [["TCP", 9090]]);
  assert.equal(one("director-internal").inputs.spec.type, "ClusterIP");
  assert.doesNotMatch(JSON.stringify(await resolved(result.endpoint)), /9090|metrics/);
  const { matchLabels } = one("Deployment").inputs.spec.selector;
  assert.deepEqual(one("director-service").inputs.spec.selector, matchLabels);
});

test("the network policy opens the metrics port to pods of the cluster only", async () => {
  const { one } = await director();
  assert.deepEqual(one("NetworkPolicy").inputs.spec.ingress, [
    {
      ports: [
        { port: 9000, protocol: "TCP" },
        { port: 7777, protocol: "UDP" },
      ],
    },
    { from: [{ namespaceSelector: {} }], ports: [{ port: 9090, protocol: "TCP" }] },
  ]);
  const { resources } = await director({ networkPolicy: false });
  assert.ok(resources.every(({ type }) => !type.endsWith("NetworkPolicy")));
});

test("trap 39: a second pod is refused with the reason", async () => {
  await refused({ replicas: 2 }, "replicas", /tokens and sessions in the pod's memory/);
  const { one } = await director({ replicas: 1 });
  assert.equal(one("Deployment").inputs.spec.replicas, 1);
});

test("trap 40: the pod keeps to the restricted pod security standard", async () => {
  const { one } = await director();
  const { spec } = one("Deployment").inputs.spec.template;
  assert.deepEqual(spec.securityContext, {
    runAsNonRoot: true,
    runAsUser: 65_532,
    runAsGroup: 65_532,
    seccompProfile: { type: "RuntimeDefault" },
  });
  assert.deepEqual(spec.containers[0].securityContext, {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    readOnlyRootFilesystem: true,
  });
  assert.equal(spec.hostNetwork, undefined);
  assert.ok(spec.volumes.every((volume: Json) => volume.hostPath === undefined));
  // No access to the API: neither a mounted token nor a role.
  assert.equal(spec.automountServiceAccountToken, false);
  assert.equal(one("ServiceAccount").inputs.automountServiceAccountToken, false);
});

const WATCHING: DirectorConfigArgs = {
  resourceQueryMapping: {
    server: {
      ...{ group: "agones.dev", version: "v1", resource: "gameservers" },
      ...{ serviceSelectorLabel: "server", serviceTargetPortName: "game" },
    },
    pod: {
      ...{ group: "", version: "v1", resource: "pods" },
      ...{ addressPath: "status.podIP", portName: "udp" },
    },
  },
  discovery: { kubernetes: { namespaces: ["games", "lobby"] } },
};

test("a director that watches may read the mapped resources of its namespaces, no more", async () => {
  const { one, resources } = await director({ config: WATCHING, namespace: "edge" });
  const verbs = ["get", "list", "watch"];
  for (const namespace of ["games", "lobby"]) {
    const { inputs } = one(`director-role-${namespace}`);
    assert.equal(inputs.metadata.namespace, namespace);
    assert.deepEqual(inputs.rules, [
      { apiGroups: [""], resources: ["pods", "services"], verbs },
      { apiGroups: ["agones.dev"], resources: ["gameservers"], verbs },
    ]);
    const { roleRef, subjects, metadata } = one(`director-binding-${namespace}`).inputs;
    assert.equal(metadata.namespace, namespace);
    assert.equal(roleRef.kind, "Role");
    assert.equal(subjects[0].namespace, "edge");
  }
  assert.ok(resources.every(({ type }) => !/ClusterRole/.test(type)));
  const { spec } = one("Deployment").inputs.spec.template;
  assert.equal(spec.automountServiceAccountToken, true);
});

test("endpoints of Services need EndpointSlices as well", async () => {
  const server = {
    ...{ group: "agones.dev", version: "v1", resource: "gameservers" },
    ...{ serviceSelectorLabel: "server", serviceTargetPortName: "game" },
    serviceEndpoints: "endpoints" as const,
  };
  const { one } = await director({ config: { ...WATCHING, resourceQueryMapping: { server } } });
  const verbs = ["get", "list", "watch"];
  assert.deepEqual(one("director-role-games").inputs.rules, [
    { apiGroups: [""], resources: ["services"], verbs },
    { apiGroups: ["agones.dev"], resources: ["gameservers"], verbs },
    { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs },
  ]);
});

test("with a kubeconfig of its own, or without watching, a director gets no role", async () => {
  const kubernetes = { namespaces: ["games"], kubeconfig: "/etc/cluster/config" };
  for (const config of [CONFIG, { ...WATCHING, discovery: { kubernetes } }]) {
    const { resources, one } = await director({ config });
    assert.ok(resources.every(({ type }) => !/Role/.test(type)));
    const { spec } = one("Deployment").inputs.spec.template;
    assert.equal(spec.automountServiceAccountToken, false);
  }
});

test("what decides about roles is no output", () =>
  refused(
    { config: { ...WATCHING, discovery: { kubernetes: { namespaces: output(["games"]) } } } },
    "config.discovery.kubernetes",
    /plain values: they decide which roles/,
  ));

test("requests and limits are set, and can be changed one by one", async () => {
  const resources = { memoryLimit: "1Gi" };
  assert.deepEqual((await pod({ resources })).spec.containers[0].resources, {
    requests: { cpu: "100m", memory: "128Mi" },
    limits: { cpu: "1", memory: "1Gi" },
  });
});

test("ports follow the configuration", async () => {
  const { result } = await director({
    config: {
      ...CONFIG,
      queryPort: 9001,
      metricsPort: 9091,
      dataPorts: [
        { name: "voice", port: 7001, protocol: "udp" },
        { name: "game", port: 7002, protocol: "udp" },
        { name: "chat", port: 7002, protocol: "tcp" },
      ],
      portRanges: [
        { name: "old", protocol: "udp", from: 30_000, to: 30_001 },
        { name: "any", from: 31_000, to: 31_000 },
      ],
    },
  });
  assert.deepEqual(
    result.ports.map(({ name, port, protocol, exposure }) => [name, port, protocol, exposure]),
    [
      ["query", 9001, "TCP", "PUBLIC"],
      ["voice", 7001, "UDP", "PUBLIC"],
      ["game", 7002, "UDP", "PUBLIC"],
      ["chat", 7002, "TCP", "PUBLIC"],
      ["old-30000", 30_000, "UDP", "PUBLIC"],
      ["old-30001", 30_001, "UDP", "PUBLIC"],
      ["any-31000", 31_000, "UDP", "PUBLIC"],
      ["any-31000t", 31_000, "TCP", "PUBLIC"],
      ["metrics", 9091, "TCP", "INTERNAL"],
    ],
  );
});

test("mistakes in ports are told under the configuration's own key", async () => {
  const config = (ports: Partial<DirectorConfigArgs>) => ({ config: { ...CONFIG, ...ports } });
  await refused(config({ queryPort: 9090 }), "config.metricsPort", /TCP 9090 is already/);
  await refused(config({ dataPort: 53 }), "config.dataPort", /below 1024.*targetPort/);
  await refused(
    config({ dataPorts: [{ name: "Voice", port: 7001, protocol: "udp" }] }),
    "config.dataPorts[0]",
    /not a service name/,
  );
  const later = output(9000) as unknown as number;
  await refused(config({ queryPort: later }), "config.queryPort", /plain numbers/);
});

test("every mistake of a plain configuration is listed before anything is registered", () =>
  refused(
    { config: { ...CONFIG, tokenTtlSeconds: 0, qeuryPort: 1 } as DirectorConfigArgs },
    "config",
    /tokenTtlSeconds: 0 .*qeuryPort: unknown key/s,
  ));

test("a backend's address may be an output", async () => {
  const config: DirectorConfigArgs = {
    ...CONFIG,
    discovery: {
      static: {
        resources: [
          {
            resourceType: "room",
            namespace: "voice",
            name: "a",
            address: output("audio.voice.svc.cluster.local"),
            ports: { udp: 8000 },
          },
        ],
      },
    },
  };
  const { one } = await director({ config });
  assert.match(one("ConfigMap").inputs.data["config.yaml"], /audio\.voice\.svc\.cluster\.local/);
});
