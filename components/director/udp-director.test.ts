import assert from "node:assert/strict";
import { test } from "node:test";
import { InputPropertyError, output } from "@pulumi/pulumi";
import { AksUdpLoadBalancer } from "../aks/index.ts";
import { clouds } from "../testing/clouds.ts";
import { type Json, resolved, run } from "../testing/mocks.ts";
import {
  type DirectorConfigArgs,
  UdpDirector,
  type UdpDirectorArgs,
  ValkeyStore,
} from "./index.ts";

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

test("a director that starts slowly is not ended, nor one that answers slowly", async () => {
  const [{ startupProbe, livenessProbe }] = (await pod()).spec.containers;
  assert.deepEqual(startupProbe.httpGet, { path: "/livez", port: "metrics" });
  assert.equal(startupProbe.periodSeconds * startupProbe.failureThreshold, 120);
  // Left out, an answer that takes more than a second counts as none.
  assert.equal(livenessProbe.timeoutSeconds, 5);
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

const JOURNAL: DirectorConfigArgs = {
  ...CONFIG,
  store: { kind: "journal", journal: { path: "/var/lib/udp-director/journal" } },
};
const REDIS: DirectorConfigArgs = {
  ...CONFIG,
  store: { kind: "redis", redis: { url: "redis://valkey:6379/0" } },
};

test("trap 39: a journal is one director's, on a volume that follows it", async () => {
  const { one, resources } = await director({
    config: JOURNAL,
    volume: { size: "5Gi", storageClassName: "fast" },
  });
  assert.ok(resources.every(({ type }) => !type.endsWith(":Deployment")));
  const { spec } = one("StatefulSet").inputs;
  assert.equal(spec.replicas, 1);
  assert.deepEqual(spec.volumeClaimTemplates, [
    {
      metadata: { name: "state" },
      spec: {
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: "5Gi" } },
        storageClassName: "fast",
      },
    },
  ]);
  const pod = spec.template.spec;
  assert.deepEqual(pod.containers[0].volumeMounts[1], {
    name: "state",
    mountPath: "/var/lib/udp-director",
  });
  assert.equal(pod.securityContext.fsGroup, 65_532);
  await refused({ config: JOURNAL, replicas: 2 }, "replicas", /a journal is one director's/);
  const elsewhere = { kind: "journal" as const, journal: { path: "/tmp/journal" } };
  await refused(
    { config: { ...CONFIG, store: elsewhere } },
    "config.store.journal.path",
    /not on the volume/,
  );
});

test("trap 39: with a shared store there are two pods, spread, and never none", async () => {
  const { one } = await director({ config: REDIS });
  const { spec } = one("Deployment").inputs;
  assert.equal(spec.replicas, 2);
  assert.deepEqual(spec.strategy.rollingUpdate, { maxUnavailable: 0, maxSurge: 1 });
  assert.deepEqual(
    spec.template.spec.topologySpreadConstraints.map((one: Json) => [
      one.topologyKey,
      one.whenUnsatisfiable,
      one.labelSelector.matchLabels,
    ]),
    ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map((key) => [
      key,
      "ScheduleAnyway",
      spec.selector.matchLabels,
    ]),
  );
  assert.deepEqual(one("PodDisruptionBudget").inputs.spec, {
    maxUnavailable: 1,
    selector: { matchLabels: spec.selector.matchLabels },
  });
  assert.equal(
    (await director({ config: REDIS, replicas: 5 })).one("Deployment").inputs.spec.replicas,
    5,
  );
  // A single pod has no budget: it would stop every drain of a node.
  const { resources } = await director();
  assert.ok(resources.every(({ type }) => !type.endsWith("PodDisruptionBudget")));
});

test("the URL of a shared store is in a Secret, and the configuration names the variable", async () => {
  const { one } = await run(() => {
    const valkey = new ValkeyStore("sessions", { password: "s3cret" });
    return new UdpDirector("director", { ...ARGS, redisUrl: valkey.url, secretEnv: { KEY: "k" } });
  }, clouds);
  assert.deepEqual(one("director-env").inputs.stringData.value, {
    KEY: "k",
    REDIS_URL: "redis://:s3cret@sessions-service-5e6f.default.svc.cluster.local:6379/0",
  });
  const { store } = JSON.parse(one("ConfigMap").inputs.data["config.yaml"]);
  assert.deepEqual(store, { kind: "redis", redis: { urlEnv: "REDIS_URL" } });
  const { replicas, template } = one("Deployment").inputs.spec;
  assert.equal(replicas, 2);
  assert.deepEqual(template.spec.containers[0].envFrom, [
    { secretRef: { name: "director-env-3d4e" } },
  ]);
  assert.ok(one("director-env").dependencies.some((urn) => urn.endsWith("sessions-valkey")));
  await refused({ redisUrl: "redis://a", config: JOURNAL }, "redisUrl", /store.kind is journal/);
  const later = { ...CONFIG, store: output({ kind: "redis" as const }) } as DirectorConfigArgs;
  await refused({ config: later }, "config.store", /plain values/);
});

test("a Valkey keeps its data on a disk, refuses instead of forgetting, and is for directors", async () => {
  const { one } = await run(() => new ValkeyStore("sessions"), clouds);
  const { spec } = one("StatefulSet").inputs;
  const [container] = spec.template.spec.containers;
  assert.deepEqual(container.args, [
    "valkey-server",
    ...["--dir", "/data", "--appendonly", "yes", "--save", ""],
    ...["--maxmemory-policy", "noeviction"],
  ]);
  assert.deepEqual(container.securityContext.capabilities, { drop: ["ALL"] });
  assert.equal(spec.volumeClaimTemplates[0].spec.resources.requests.storage, "1Gi");
  assert.deepEqual(one("NetworkPolicy").inputs.spec.ingress[0].from, [
    { podSelector: { matchLabels: { "app.kubernetes.io/name": "udp-director" } } },
  ]);
  assert.throws(() => new ValkeyStore("x", { password: "a@b" }), /a URL writes otherwise/);
});

test("trap 35: the grace period has room for the director's own drain", async () => {
  const config = { ...CONFIG, shutdown: { delaySeconds: 5, drainSeconds: 600 } };
  assert.equal((await pod({ config })).spec.terminationGracePeriodSeconds, 15 + 605 + 30);
  await refused({ config, graceSeconds: 60 }, "graceSeconds", /from 621 to/);
});

test("trap 40: NET_ADMIN is for who asks for it, in a namespace of its own", async () => {
  const config = { ...CONFIG, kernel: { enabled: true } };
  await refused({ config, kernelPath: true }, "kernelPath", /not the director's own/);
  const asked = { kernelPath: true, createNamespace: true, namespace: "edge" };
  await refused({ config }, "config.kernel.enabled", /set kernelPath/);
  await refused(asked, "kernelPath", /NET_ADMIN and BPF for nothing/);
  const { one } = await director({ ...asked, config });
  const { metadata } = one("Namespace").inputs;
  assert.equal(metadata.name, "edge");
  assert.equal(metadata.labels["pod-security.kubernetes.io/enforce"], "privileged");
  const { spec } = one("Deployment").inputs.spec.template;
  const [container] = spec.containers;
  assert.deepEqual(container.securityContext, {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"], add: ["NET_ADMIN", "BPF"] },
    readOnlyRootFilesystem: true,
  });
  assert.equal(spec.securityContext.runAsUser, 0);
  assert.deepEqual(spec.initContainers[0].securityContext, { privileged: true });
  assert.match(spec.initContainers[0].command[2], /ip_forward/);
});

test("a namespace that is made says that its pods are restricted", async () => {
  const { one } = await director({ createNamespace: true, namespace: "edge" });
  const { labels } = one("Namespace").inputs.metadata;
  assert.equal(labels["pod-security.kubernetes.io/enforce"], "restricted");
  await refused({ createNamespace: true }, "createNamespace", /give it a name/);
});

test("Prometheus' operator finds the metrics under the job of the alert rules", async () => {
  const { one } = await director({
    monitoring: {
      labels: { release: "prometheus" },
      intervalSeconds: 5,
      alertRules: "groups:\n  - name: udp-director\n    rules: []\n",
    },
  });
  const { metadata, spec } = one("director-metrics").inputs;
  assert.equal(spec.type, "ClusterIP");
  assert.deepEqual(
    spec.ports.map(({ name, port }: Json) => [name, port]),
    [["metrics", 9090]],
  );
  const monitor = one("ServiceMonitor").inputs;
  assert.equal(monitor.metadata.labels.release, "prometheus");
  const wanted = Object.entries(monitor.spec.selector.matchLabels);
  assert.ok(wanted.every(([key, value]) => metadata.labels[key] === value));
  // jobLabel: the rules ask for job="udp-director".
  assert.equal(metadata.labels[monitor.spec.jobLabel], "udp-director");
  assert.deepEqual(monitor.spec.endpoints, [{ port: "metrics", interval: "5s" }]);
  assert.equal(one("PrometheusRule").inputs.spec.groups[0].name, "udp-director");
  const rules = (alertRules: string) => ({ monitoring: { alertRules } });
  await refused(rules("a: b"), "monitoring.alertRules", /no `groups`/);
  await refused(rules("a: ["), "monitoring.alertRules", /is not YAML/);
});
