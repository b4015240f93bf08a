import { type Properties, UNKNOWN, type Value } from "../../../components/provider/index.ts";
import { newWorld } from "../../cloud/world.ts";
import { doksCases } from "../../testing/doks-cases.ts";
import { existing, testRules } from "../../testing/rule-cases.ts";
import { findCluster } from "../azure-native/clusters.ts";
import { PUBLIC_IP, ROLE_ASSIGNMENT } from "../azure-native/rules.ts";
import { controllerCases } from "./controller-cases.ts";
import { models } from "./models.ts";

const SCOPE = "prod/aks";
const cluster = findCluster(newWorld(), "prod", "aks");
const SUBSCRIPTION = "/subscriptions/00000000-0000-4000-8000-000000000001";
const ADDRESS = `${SUBSCRIPTION}/resourceGroups/edge/providers/Microsoft.Network/publicIPAddresses/ip`;
const NODE_ADDRESS = `${SUBSCRIPTION}/resourceGroups/${cluster?.nodeResourceGroup}/providers/Microsoft.Network/publicIPAddresses/ip`;
const SERVICE = "kubernetes:core/v1:Service";

const port = (number: Value, protocol = "UDP", name = `p${number}`): Properties => ({
  name,
  port: number,
  protocol,
});

const service = (spec: Properties, annotations: Properties = {}): Properties => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "lb", namespace: "default", annotations },
  spec: { type: "LoadBalancer", ports: [port(7777)], ...spec },
});

const named = (group?: string): Properties => ({
  "service.beta.kubernetes.io/azure-pip-name": "ip",
  ...(group === undefined
    ? {}
    : { "service.beta.kubernetes.io/azure-load-balancer-resource-group": group }),
});

const address = existing({ cloud: "azure-native", type: PUBLIC_IP, id: ADDRESS });
const nodeAddress = existing({ cloud: "azure-native", type: PUBLIC_IP, id: NODE_ADDRESS });
const grant = (over: Properties = {}) =>
  existing({
    cloud: "azure-native",
    type: ROLE_ASSIGNMENT,
    id: `${ADDRESS}/role`,
    inputs: {
      scope: `${SUBSCRIPTION}/resourceGroups/EDGE`,
      principalId: cluster?.principalId ?? "",
      roleDefinitionId:
        "/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7",
      ...over,
    },
  });
const other = (inputs: Properties) =>
  existing({
    cloud: "kubernetes",
    scope: SCOPE,
    type: SERVICE,
    id: "default/other",
    inputs,
    outputs: inputs,
    uses: [ADDRESS],
  });

const manyPorts = (count: number) => ({
  ports: Array.from({ length: count }, (_, index) => port(index + 1)),
});

const container: Properties = {
  name: "director",
  image: "example.com/director:1",
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
};
const pod: Properties = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
  containers: [container],
};
const deployment = (spec: Properties, labels: Value = { app: "a" }): Properties => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "a", namespace: "edge" },
  spec: { selector: { matchLabels: { app: "a" } }, template: { metadata: { labels }, spec } },
});
const namespace = (level: string) =>
  existing({
    cloud: "kubernetes",
    scope: SCOPE,
    type: "kubernetes:core/v1:Namespace",
    id: "edge",
    inputs: { metadata: { name: "edge", labels: { "pod-security.kubernetes.io/enforce": level } } },
  });
const violating = (over: Properties): Properties =>
  deployment({ ...pod, containers: [{ ...container, ...over }] });
const policy = (ports: readonly Value[]): Properties => ({ spec: { ingress: [{ ports }] } });

testRules(models, {
  ...controllerCases,
  "kubernetes-object-name": {
    broken: [
      {
        inputs: { kind: "Service", metadata: { name: "Audio_LB" } },
        says: /^metadata\.name: .*DNS-1035 label/,
      },
      { inputs: { kind: "Service", metadata: { name: "a.b" } }, says: /DNS-1035 label/ },
      { inputs: { kind: "Service", metadata: { name: "7777" } }, says: /start with a letter/ },
      { inputs: { kind: "Namespace", metadata: { name: "a.b" } }, says: /RFC 1123 label/ },
      { inputs: { kind: "ConfigMap", metadata: { name: "a..b" } }, says: /subdomain/ },
    ],
    fine: [
      { inputs: { kind: "ConfigMap", metadata: { name: "a.b" } } },
      { inputs: { kind: "Service", metadata: { name: UNKNOWN } } },
      { inputs: { kind: "Namespace", metadata: { name: "7777" } } },
      {
        inputs: {
          apiVersion: "rbac.authorization.k8s.io/v1",
          kind: "Role",
          metadata: { name: "system:A" },
        },
      },
    ],
  },
  "kubernetes-already-exists": {
    broken: [
      {
        scope: SCOPE,
        id: "default/other",
        inputs: service({}),
        objects: [other({})],
        says: /already exists/,
      },
    ],
    fine: [
      {
        scope: SCOPE,
        id: "default/other",
        exists: true,
        inputs: service({}),
        objects: [other({})],
      },
      { scope: "staging/aks", id: "default/other", inputs: service({}), objects: [other({})] },
    ],
  },
  "kubernetes-namespace-exists": {
    broken: [
      {
        scope: SCOPE,
        inputs: { metadata: { namespace: "edge" } },
        says: /namespaces "edge" not found/,
      },
    ],
    fine: [
      { inputs: {} },
      { inputs: { metadata: { namespace: "edge" } }, seed: { namespaces: ["edge"] } },
      {
        scope: SCOPE,
        inputs: { metadata: { namespace: "edge" } },
        objects: [namespace("baseline")],
      },
    ],
  },
  "kubernetes-service-ports-required": {
    broken: [{ inputs: service({ ports: [] }), says: /^spec\.ports: Required/ }],
    fine: [
      { inputs: service({}) },
      { inputs: service({ ports: [], clusterIP: "None" }) },
      { inputs: service({ ports: UNKNOWN }) },
    ],
  },
  "kubernetes-service-port-range": {
    broken: [
      { inputs: service({ ports: [port(0)] }), says: /^spec\.ports\[0\]\.port/ },
      { inputs: service({ ports: [port(1), port(65_536)] }), says: /^spec\.ports\[1\]\.port/ },
      { inputs: service({ ports: [port(1.5)] }), says: /between 1 and 65535/ },
      {
        inputs: service({ ports: [{ ...port(1), targetPort: "a-name-of-sixteen" }] }),
        says: /targetPort/,
      },
      { inputs: service({ ports: [{ ...port(1), targetPort: 70_000 }] }), says: /targetPort/ },
    ],
    fine: [
      { inputs: service({ ports: [port(1), port(65_535), port(UNKNOWN)] }) },
      { inputs: service({ ports: [{ ...port(1), targetPort: "data" }] }) },
    ],
  },
  "kubernetes-service-port-names": {
    broken: [
      {
        inputs: service({ ports: [port(1), { port: 2 }] }),
        says: /^spec\.ports\[1\]\.name: Required/,
      },
      { inputs: service({ ports: [port(1, "UDP", "a"), port(2, "UDP", "a")] }), says: /Duplicate/ },
    ],
    fine: [
      { inputs: service({ ports: [{ port: 1 }] }) },
      { inputs: service({ ports: [port(1), port(2)] }) },
    ],
  },
  "kubernetes-service-port-unique": {
    broken: [
      {
        inputs: service({ ports: [port(1, "UDP", "a"), port(1, "UDP", "b")] }),
        says: /Duplicate value: UDP\/1/,
      },
      {
        inputs: service({ ports: [{ port: 1 }, port(1, "TCP", "b")] }),
        says: /Duplicate value: TCP\/1/,
      },
    ],
    fine: [{ inputs: service({ ports: [port(1, "UDP", "a"), port(1, "TCP", "b")] }) }],
  },
  "kubernetes-service-protocol": {
    broken: [{ inputs: service({ ports: [port(1, "udp")] }), says: /Unsupported value: "udp"/ }],
    fine: [{ inputs: service({ ports: [port(1, "UDP"), port(2, "SCTP"), { port: 3 }] }) }],
  },
  "kubernetes-service-external-policy": {
    broken: [
      {
        inputs: service({ type: "ClusterIP", externalTrafficPolicy: "Local" }),
        says: /externally-accessible/,
      },
      { inputs: service({ externalTrafficPolicy: "local" }), says: /Unsupported value: "local"/ },
    ],
    fine: [
      { inputs: service({ externalTrafficPolicy: "Local" }) },
      { inputs: service({ type: "ClusterIP" }) },
    ],
  },
  "kubernetes-service-health-check-port": {
    broken: [{ inputs: service({ healthCheckNodePort: 30_000 }), says: /'Local'/ }],
    fine: [
      { inputs: service({ healthCheckNodePort: 30_000, externalTrafficPolicy: "Local" }) },
      { inputs: service({}) },
    ],
  },
  "kubernetes-service-affinity-timeout": {
    broken: [
      {
        inputs: service({ sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } }),
        says: /timeoutSeconds/,
      },
      {
        inputs: service({ sessionAffinityConfig: { clientIP: { timeoutSeconds: 86_401 } } }),
        says: /timeoutSeconds/,
      },
    ],
    fine: [
      { inputs: service({ sessionAffinityConfig: { clientIP: { timeoutSeconds: 86_400 } } }) },
    ],
  },
  "kubernetes-service-source-ranges": {
    broken: [
      {
        inputs: service({ loadBalancerSourceRanges: ["10.0.0.1"] }),
        says: /must be a list of IP ranges/,
      },
      {
        inputs: service({ type: "ClusterIP", loadBalancerSourceRanges: ["10.0.0.0/8"] }),
        says: /Forbidden/,
      },
    ],
    fine: [
      { inputs: service({ loadBalancerSourceRanges: ["10.0.0.0/8", "2001:db8::/32", UNKNOWN] }) },
    ],
  },
  "kubernetes-service-node-port": {
    broken: [
      { inputs: service({ ports: [{ ...port(1), nodePort: 80 }] }), says: /30000-32767/ },
      {
        scope: SCOPE,
        inputs: service({ ports: [{ ...port(1), nodePort: 30_001 }] }),
        objects: [other({ spec: { ports: [{ nodePort: 30_001, protocol: "UDP" }] } })],
        says: /already allocated/,
      },
    ],
    fine: [
      { inputs: service({ ports: [{ ...port(1), nodePort: 32_767 }] }) },
      {
        scope: SCOPE,
        inputs: service({ ports: [{ ...port(1), nodePort: 30_001 }] }),
        objects: [other({ spec: { ports: [{ nodePort: 30_001, protocol: "TCP" }] } })],
      },
    ],
  },
  "aks-udp-cluster-no-probe": {
    broken: [
      { inputs: service({}), says: /no health probe/ },
      {
        inputs: service({ externalTrafficPolicy: "Cluster", ports: [port(1, "TCP"), port(1)] }),
        says: /no health probe/,
      },
    ],
    fine: [
      { inputs: service({ externalTrafficPolicy: "Local" }) },
      { inputs: service({ ports: [port(1, "TCP")] }) },
      { inputs: service({ type: "ClusterIP" }) },
    ],
  },
  "aks-pip-exists": {
    broken: [
      {
        scope: SCOPE,
        inputs: service({}, named("edge")),
        says: /azure-pip-name=ip for service default\/lb doesn't exist/,
      },
      {
        scope: SCOPE,
        inputs: service({}, named()),
        objects: [address],
        says: /resource group MC_prod_aks_westeurope/,
      },
      {
        scope: SCOPE,
        inputs: service({}, named("edge")),
        objects: [nodeAddress],
        says: /resource group edge/,
      },
    ],
    fine: [
      { scope: SCOPE, inputs: service({}, named("edge")), objects: [address] },
      { scope: SCOPE, inputs: service({}, named()), objects: [nodeAddress] },
      { scope: SCOPE, inputs: service({}) },
    ],
  },
  "aks-role-spreads": {
    broken: [
      {
        scope: SCOPE,
        seed: { delays: { "azure-role": 900 } },
        inputs: service({}, named("edge")),
        objects: [{ ...grant(), born: 0 }],
        says: /AuthorizationFailed.*resourceGroups\/edge/,
      },
    ],
    fine: [
      {
        scope: SCOPE,
        seed: { delays: { "azure-role": 900 } },
        inputs: service({}, named("edge")),
        objects: [{ ...grant({ roleAssignmentName: "new" }), id: "new", born: 0 }, grant()],
      },
      {
        scope: SCOPE,
        seed: { delays: { "azure-role": 900 } },
        inputs: service({}, named()),
        objects: [{ ...grant(), born: 0 }],
      },
    ],
  },
  "aks-identity-role": {
    broken: [
      {
        scope: SCOPE,
        inputs: service({}, named("edge")),
        objects: [address],
        says: /AuthorizationFailed.*resourceGroups\/edge/,
      },
      {
        scope: SCOPE,
        inputs: service({}, named("edge")),
        objects: [grant({ principalId: "other" })],
        says: /AuthorizationFailed/,
      },
      {
        scope: SCOPE,
        inputs: service({}, named("edge")),
        objects: [grant({ scope: `${SUBSCRIPTION}/resourceGroups/edge2` })],
        says: /AuthorizationFailed/,
      },
      {
        scope: SCOPE,
        inputs: service({}, named("edge")),
        objects: [grant({ roleDefinitionId: "/x/acdd72a7-3385-48ef-bd42-f606fba81ae7" })],
        says: /AuthorizationFailed/,
      },
    ],
    fine: [
      { scope: SCOPE, inputs: service({}, named("edge")), objects: [grant()] },
      {
        scope: SCOPE,
        inputs: service({}, named("edge")),
        objects: [grant({ scope: SUBSCRIPTION })],
      },
      { scope: SCOPE, inputs: service({}, named()) },
      {
        scope: "cluster",
        inputs: service({}, named("edge")),
        objects: [grant({ principalId: "whoever" })],
      },
    ],
  },
  "aks-shared-address-ports": {
    broken: [
      {
        scope: SCOPE,
        inputs: service({}, named("edge")),
        objects: [other(service({}))],
        says: /7777\/UDP; default\/other/,
      },
    ],
    fine: [
      {
        scope: SCOPE,
        inputs: service({ ports: [port(7777, "TCP")] }, named("edge")),
        objects: [other(service({}))],
      },
      {
        scope: SCOPE,
        id: "default/other",
        inputs: service({}, named("edge")),
        objects: [other(service({}))],
      },
      { scope: SCOPE, inputs: service({}), objects: [other(service({}))] },
    ],
  },
  "aks-rules-per-nic": {
    broken: [
      { scope: SCOPE, inputs: service(manyPorts(301)), says: /301 load balancing rules/ },
      {
        scope: SCOPE,
        inputs: service({ ...manyPorts(151), ipFamilies: ["IPv4", "IPv6"] }),
        says: /302/,
      },
      { scope: SCOPE, inputs: service(manyPorts(300)), objects: [other(service({}))], says: /301/ },
    ],
    fine: [
      { scope: SCOPE, inputs: service(manyPorts(300)) },
      { scope: SCOPE, inputs: service(manyPorts(299)), objects: [other(service({}))] },
      { scope: SCOPE, inputs: service({ type: "ClusterIP", ...manyPorts(400) }) },
    ],
  },
  "kubernetes-deployment-selector": {
    broken: [
      { inputs: deployment(pod, { app: "b" }), says: /does not match template `labels` \(app\)/ },
      { inputs: { spec: { selector: {}, template: {} } }, says: /empty selector/ },
    ],
    fine: [
      { inputs: deployment(pod) },
      { inputs: deployment(pod, { app: "a", more: "x" }) },
      { inputs: deployment(pod, UNKNOWN) },
    ],
  },
  "kubernetes-pod-containers": {
    broken: [
      { inputs: deployment({ containers: [] }), says: /containers: Required/ },
      { inputs: deployment({ containers: [{ name: "a" }] }), says: /containers\[0\]\.image/ },
      { inputs: deployment({ containers: [container, container] }), says: /Duplicate/ },
    ],
    fine: [{ inputs: deployment(pod) }, { inputs: deployment({ containers: UNKNOWN }) }],
  },
  "kubernetes-pod-security-restricted": {
    broken: [
      [
        "allowPrivilegeEscalation",
        violating({ securityContext: { capabilities: { drop: ["ALL"] } } }),
      ],
      [
        "unrestricted capabilities",
        violating({ securityContext: { allowPrivilegeEscalation: false } }),
      ],
      [
        "unrestricted capabilities",
        violating({
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] },
          },
        }),
      ],
      ["privileged", violating({ securityContext: { privileged: true } })],
      ["hostPort", violating({ ports: [{ containerPort: 1, hostPort: 1 }] })],
      [
        "runAsNonRoot",
        deployment({ ...pod, securityContext: { seccompProfile: { type: "RuntimeDefault" } } }),
      ],
      ["seccompProfile", deployment({ ...pod, securityContext: { runAsNonRoot: true } })],
      [
        "runAsUser=0",
        deployment({ ...pod, securityContext: { runAsNonRoot: true, runAsUser: 0 } }),
      ],
      ["hostNetwork", deployment({ ...pod, hostNetwork: true })],
      ["hostPath", deployment({ ...pod, volumes: [{ name: "v", hostPath: { path: "/" } }] })],
    ].map(([word, inputs]) => ({
      scope: SCOPE,
      inputs: inputs as Properties,
      objects: [namespace("restricted")],
      says: new RegExp(`violates PodSecurity "restricted:latest".*${word}`),
    })),
    fine: [
      { scope: SCOPE, inputs: deployment(pod), objects: [namespace("restricted")] },
      {
        scope: SCOPE,
        inputs: deployment({ containers: [{ name: "a" }] }),
        objects: [namespace("baseline")],
      },
      {
        scope: "other/aks",
        inputs: deployment({ containers: [{ name: "a" }] }),
        objects: [namespace("restricted")],
      },
    ],
  },
  "kubernetes-pdb-one-bound": {
    broken: [
      { inputs: { spec: { minAvailable: 1, maxUnavailable: 1 } }, says: /cannot be both set/ },
    ],
    fine: [{ inputs: { spec: { minAvailable: 1 } } }, { inputs: { spec: { maxUnavailable: 0 } } }],
  },
  "kubernetes-network-policy-ports": {
    broken: [
      { inputs: policy([{ port: 0 }]), says: /^spec\.ingress\[0\]\.ports\[0\]\.port/ },
      { inputs: policy([{ port: 1, protocol: "udp" }]), says: /Unsupported value: "udp"/ },
    ],
    fine: [{ inputs: policy([{ port: 7777, protocol: "UDP" }, { port: "query" }]) }],
  },
  ...doksCases,
});
