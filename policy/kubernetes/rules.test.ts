import { testRules, withUnknown } from "../testing/rule-cases.ts";
import type { Properties } from "../values.ts";
import { azureServiceRules } from "./azure-service.ts";
import { ciliumRules } from "./cilium.ts";
import { metallbPoolAdvertised } from "./metallb.ts";
import { serviceRules } from "./service.ts";
import { traefikEntryPoints } from "./traefik.ts";
import { workloadRules } from "./workload.ts";

const SERVICE = "kubernetes:core/v1:Service";
const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const beta = (annotations: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(annotations).map(([key, value]) => [`service.beta.kubernetes.io/${key}`, value]),
  );
const PIP = { "azure-pip-name": "audio" };
const udpPort = { name: "audio", port: 8000, protocol: "UDP" };
const tcpPort = { name: "web", port: 443 };

const service = (spec: Properties, annotations: Readonly<Record<string, string>> = {}) => ({
  type: SERVICE,
  props: {
    metadata: { annotations: beta(annotations) },
    spec: { type: "LoadBalancer", ports: [udpPort], selector: { app: "a" }, ...spec },
  },
});
const local = { externalTrafficPolicy: "Local" };

const deployment = (spec: Properties, container: Properties = {}) => ({
  type: DEPLOYMENT,
  props: {
    metadata: { namespace: "edge" },
    spec: {
      template: {
        metadata: { labels: { app: "a", tier: "edge" } },
        spec: { containers: [{ name: "relay", ports: [{ protocol: "UDP" }], ...container }] },
      },
      ...spec,
    },
  },
});
const inEdge = (given: ReturnType<typeof service>) => ({
  ...given,
  props: { ...given.props, metadata: { namespace: "edge" } },
});
const namespace = (labels: Properties = {}) => ({
  type: "kubernetes:core/v1:Namespace",
  props: { metadata: { name: "edge", labels } },
});
const metallb = (kind: string, name: string, spec: Properties) => ({
  type: `kubernetes:metallb.io/v1beta1:${kind}`,
  props: { metadata: { name, namespace: "metallb-system" }, spec },
});
const l2 = "io.cilium/l2-announcer";
const policy = (spec: Properties) => ({ props: { spec } });

testRules(
  [
    ...azureServiceRules,
    ...serviceRules,
    ...workloadRules,
    ...ciliumRules,
    metallbPoolAdvertised,
    traefikEntryPoints,
  ],
  {
    "udp-aks-service-cluster-policy": {
      type: SERVICE,
      broken: [
        [/no health probe/, service({}, PIP)],
        [
          /no health probe/,
          service({ externalTrafficPolicy: "Cluster" }, { "azure-load-balancer-ipv4": "1.2.3.4" }),
        ],
        [/no health probe/, service({ ports: [tcpPort, udpPort] }, PIP)],
      ],
      fine: [
        [service(local, PIP)],
        [service({ ports: [tcpPort] }, PIP)],
        [service({ type: "ClusterIP" }, PIP)],
        [service({})],
        [service(withUnknown({}, "externalTrafficPolicy"), PIP)],
      ],
    },
    "udp-aks-service-probe-annotations": {
      type: SERVICE,
      broken: [
        [
          /ignores ".*health-probe-protocol"/,
          service(local, { "azure-load-balancer-health-probe-protocol": "http" }),
        ],
        [
          /ignores ".*port_8000_/,
          service({ ports: [udpPort, tcpPort] }, { "port_8000_health-probe_protocol": "tcp" }),
        ],
      ],
      fine: [
        [service(local, PIP)],
        [service({ ports: [udpPort, tcpPort] }, { "port_443_health-probe_protocol": "tcp" })],
        [
          service(
            { ports: [udpPort, { ...udpPort, protocol: "TCP" }] },
            { "port_8000_health-probe_port": "1" },
          ),
        ],
        [service(local, { "azure-load-balancer-health-probe-interval": "10" })],
        [service({ ports: [tcpPort] }, { "azure-load-balancer-health-probe-protocol": "http" })],
      ],
    },
    "udp-aks-service-probe-time": {
      type: SERVICE,
      broken: [
        [
          /4 probes every 30 s are 120 s/,
          service(local, {
            "azure-load-balancer-health-probe-interval": "30",
            "azure-load-balancer-health-probe-num-of-probe": "4",
          }),
        ],
        [
          /2 probes every 60 s/,
          service(local, { "azure-load-balancer-health-probe-interval": "60" }),
        ],
      ],
      fine: [
        [service(local, { "azure-load-balancer-health-probe-interval": "59" })],
        [service(local, { "azure-load-balancer-health-probe-interval": "often" })],
        [
          {
            props: {
              metadata: {
                annotations: withUnknown(
                  {},
                  "service.beta.kubernetes.io/azure-load-balancer-health-probe-interval",
                ),
              },
            },
          },
        ],
      ],
    },
    "udp-aks-service-dns-label": {
      type: SERVICE,
      broken: [[/not its own/, service(local, { ...PIP, "azure-dns-label-name": "audio" })]],
      fine: [[service(local, PIP)], [service(local, { "azure-dns-label-name": "audio" })]],
    },
    "udp-service-cluster-policy": {
      type: SERVICE,
      broken: [[/node's address/, service({})]],
      fine: [
        [service(local)],
        [service({ loadBalancerClass: l2 })],
        [service({}, PIP)],
        [service({ ports: [tcpPort] })],
        [service({ ports: [withUnknown({}, "protocol")] })],
      ],
    },
    "udp-service-public-admin-port": {
      type: SERVICE,
      broken: [
        [/port 9464 metrics/, service({ ports: [udpPort, { name: "metrics", port: 9464 }] })],
        [/port 80 web/, service({ ports: [{ name: "web", port: 80, targetPort: "admin" }] })],
        [/port 80/, service({ ports: [{ port: 80, targetPort: 10250 }] })],
        [/port 9090/, service({ ports: [{ port: 9090 }] })],
      ],
      fine: [
        [service({ ports: [{ ...udpPort, port: 9090 }] })],
        [service({ type: "ClusterIP", ports: [{ name: "metrics", port: 9090 }] })],
        [service({ ports: [{ port: 9090 }] }, { "azure-load-balancer-internal": "true" })],
        [service({ ports: [{ name: "administer", port: 443 }] })],
        [service({ ports: [withUnknown({}, "port", "name", "targetPort")] })],
      ],
    },
    "udp-deployment-recreate": {
      type: DEPLOYMENT,
      broken: [[/no endpoint/, deployment({ strategy: { type: "Recreate" } })]],
      fine: [
        [deployment({})],
        [deployment({ strategy: { type: "Recreate" } }, { ports: [{ containerPort: 80 }] })],
        [deployment({ strategy: withUnknown({}, "type") })],
      ],
    },
    "udp-deployment-one-replica": {
      type: DEPLOYMENT,
      broken: [
        [/only node/, deployment({}), inEdge(service(local))],
        [/only node/, deployment({ replicas: 1 }), inEdge(service(local))],
      ],
      fine: [
        [deployment({ replicas: 2 }), inEdge(service(local))],
        [deployment({}), inEdge(service({}))],
        [deployment({}), service(local)],
        [deployment({}), inEdge(service({ ...local, selector: { app: "b" } }))],
        [deployment({}), inEdge(service({ ...local, selector: {} }))],
        [deployment(withUnknown({}, "replicas")), inEdge(service(local))],
      ],
    },
    "udp-pod-privileged-without-label": {
      type: DEPLOYMENT,
      broken: [
        [
          /relay is privileged/,
          deployment({}, { securityContext: { privileged: true } }),
          namespace(),
        ],
        [
          /has NET_ADMIN/,
          deployment({}, { securityContext: { capabilities: { add: ["NET_ADMIN"] } } }),
          namespace({ "pod-security.kubernetes.io/enforce": "restricted" }),
        ],
      ],
      fine: [
        [
          deployment({}, { securityContext: { privileged: true } }),
          namespace({ "pod-security.kubernetes.io/enforce": "privileged" }),
        ],
        [deployment({}, { securityContext: { privileged: true } })],
        [deployment({}, { securityContext: { privileged: false } }), namespace()],
        [
          deployment({}, { securityContext: { privileged: true } }),
          namespace(withUnknown({}, "pod-security.kubernetes.io/enforce")),
        ],
      ],
    },
    "udp-cilium-l2-addresses": {
      type: "kubernetes:cilium.io/v2alpha1:CiliumL2AnnouncementPolicy",
      broken: [
        [/both/, policy({})],
        [/both/, policy({ loadBalancerIPs: false })],
      ],
      fine: [
        [policy({ loadBalancerIPs: true })],
        [policy({ externalIPs: true })],
        [policy(withUnknown({}, "loadBalancerIPs"))],
      ],
    },
    "udp-cilium-l2-local": {
      type: SERVICE,
      broken: [[/without looking/, service({ ...local, loadBalancerClass: l2 })]],
      fine: [[service({ loadBalancerClass: l2 })], [service(local)]],
    },
    "udp-metallb-pool-advertised": {
      type: "",
      broken: [
        [/nothing advertises the pool public/, metallb("IPAddressPool", "public", {})],
        [
          /the pool public/,
          metallb("IPAddressPool", "public", {}),
          metallb("L2Advertisement", "a", { ipAddressPools: ["other"] }),
        ],
      ],
      fine: [
        [metallb("IPAddressPool", "public", {}), metallb("L2Advertisement", "a", {})],
        [
          metallb("IPAddressPool", "public", {}),
          metallb("BGPAdvertisement", "a", { ipAddressPools: ["other", "public"] }),
        ],
        [
          metallb("IPAddressPool", "public", {}),
          metallb("L2Advertisement", "a", { ipAddressPoolSelectors: [{}] }),
        ],
        [
          metallb("IPAddressPool", "public", {}),
          metallb("L2Advertisement", "a", withUnknown({}, "ipAddressPools")),
        ],
      ],
    },
    "udp-traefik-entry-points": {
      type: "kubernetes:traefik.io/v1alpha1:IngressRouteUDP",
      broken: [
        [/all UDP entry points/, policy({ routes: [] })],
        [/all UDP entry points/, policy({ entryPoints: [] })],
      ],
      fine: [[policy({ entryPoints: ["quic"] })], [policy(withUnknown({}, "entryPoints"))]],
    },
  },
);
