import { type Properties, UNKNOWN } from "../../../components/provider/index.ts";
import { existing, type RuleCases } from "../../testing/rule-cases.ts";
import { RELEASE } from "./helm-release.ts";
import { POOL } from "./metallb-webhook.ts";

const CLOUD = "kubernetes";
const SERVICE = "kubernetes:core/v1:Service";
const CILIUM_POOL = "kubernetes:cilium.io/v2:CiliumLoadBalancerIPPool";

const object = (type: string, id: string, inputs: Properties, outputs: Properties = inputs) =>
  existing({ cloud: CLOUD, type, id, inputs, outputs });

const release = (chart: string, values: Properties = {}) =>
  object(RELEASE, `${chart}-system/${chart}`, {
    name: chart,
    namespace: `${chart}-system`,
    chart,
    values,
  });
const metallb = release("metallb");

const pool = (name: string, addresses: string[], more: Properties = {}): Properties => ({
  apiVersion: "metallb.io/v1beta1",
  kind: "IPAddressPool",
  metadata: { name, namespace: "metallb-system" },
  spec: { addresses, ...more },
});
const lan = object(POOL, "metallb-system/lan", pool("lan", ["192.168.1.200-192.168.1.201"]));

const ciliumPool = (name: string, cidr: string, labels?: Properties): Properties => ({
  apiVersion: "cilium.io/v2",
  kind: "CiliumLoadBalancerIPPool",
  metadata: { name },
  spec: {
    blocks: [{ cidr }],
    ...(labels === undefined ? {} : { serviceSelector: { matchLabels: labels } }),
  },
});
const home = object(CILIUM_POOL, "home", ciliumPool("home", "10.0.150.200/29"));
const policy = object("kubernetes:cilium.io/v2alpha1:CiliumL2AnnouncementPolicy", "l2", {
  spec: { loadBalancerIPs: true },
});

const service = (annotations: Properties = {}, spec: Properties = {}): Properties => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "lb", namespace: "default", annotations },
  spec: {
    type: "LoadBalancer",
    selector: { app: "a" },
    ports: [{ name: "a", port: 7777, protocol: "UDP" }],
    ...spec,
  },
});
const holder = (ip: string, inputs: Properties) =>
  object(SERVICE, "default/other", inputs, {
    ...inputs,
    status: { loadBalancer: { ingress: [{ ip }] } },
  });
const asks = (ip: string) => ({ "metallb.io/loadBalancerIPs": ip });
const shares = (ip: string, key = "k") => ({ ...asks(ip), "metallb.io/allow-shared-ip": key });
const other = (port: number, name = "b") => ({ ports: [{ name, port, protocol: "UDP" }] });
const IP = "192.168.1.200";

/** Subjects for the rules of Helm and of the controllers that it installs. */
export const controllerCases: Readonly<Record<string, RuleCases>> = {
  "kubernetes-helm-name-in-use": {
    broken: [
      {
        inputs: { name: "metallb", namespace: "metallb-system", chart: "metallb" },
        id: "metallb-system/metallb",
        objects: [metallb],
        says: /cannot re-use a name/,
      },
    ],
    fine: [
      { inputs: { name: "b", namespace: "x" }, id: "x/b", objects: [metallb] },
      {
        inputs: { name: "metallb" },
        id: "metallb-system/metallb",
        exists: true,
        objects: [metallb],
      },
    ],
  },
  "kubernetes-helm-namespace": {
    broken: [{ inputs: { name: "a", namespace: "edge" }, says: /"edge" not found/ }],
    fine: [
      { inputs: { name: "a", namespace: "edge", createNamespace: true } },
      { inputs: { name: "a", namespace: "edge" }, seed: { namespaces: ["edge"] } },
      { inputs: { name: "a" } },
    ],
  },
  "kubernetes-helm-cert-manager-crds": {
    broken: [{ inputs: { chart: "oci://quay.io/jetstack/charts/cert-manager" }, says: /CRDs/ }],
    fine: [
      { inputs: { chart: "cert-manager", values: { crds: { enabled: true } } } },
      { inputs: { chart: "metallb" } },
    ],
  },
  "kubernetes-helm-traefik-protocol": {
    broken: [
      {
        inputs: { chart: "traefik", values: { ports: { dns: { protocol: "udp" } } } },
        says: /port dns is missing/,
      },
    ],
    fine: [
      { inputs: { chart: "traefik", values: { ports: { dns: { protocol: "UDP" }, web: {} } } } },
      { inputs: { chart: "traefik" } },
    ],
  },
  "kubernetes-crd-installed": {
    broken: [
      { inputs: pool("lan", []), says: /no matches for kind "IPAddressPool"/ },
      {
        inputs: ciliumPool("home", "10.0.0.0/24"),
        seed: { definitions: [] },
        says: /no matches for kind/,
      },
    ],
    fine: [
      { inputs: pool("lan", []), objects: [metallb] },
      { inputs: pool("lan", []), seed: { definitions: ["metallb.io"] } },
      { inputs: ciliumPool("home", "10.0.0.0/24") },
    ],
  },
  "kubernetes-definition-spreads": {
    broken: [
      {
        seed: { delays: { "kubernetes-definition": 40 } },
        inputs: pool("lan", []),
        objects: [{ ...metallb, born: 0 }],
        says: /no matches for kind "IPAddressPool"/,
      },
    ],
    fine: [
      {
        seed: { delays: { "kubernetes-definition": 40 } },
        inputs: pool("lan", []),
        objects: [metallb],
      },
      {
        seed: { delays: { "kubernetes-definition": 40 } },
        inputs: ciliumPool("home", "10.0.0.0/24"),
        objects: [{ ...metallb, born: 0 }],
      },
    ],
  },
  "kubernetes-webhook-starts": {
    broken: [
      {
        seed: { delays: { "kubernetes-webhook": 5 } },
        inputs: pool("lan", []),
        objects: [{ ...metallb, born: 0 }],
        says: /failed calling webhook "ipaddresspool.*connection refused/,
      },
    ],
    fine: [
      {
        seed: { delays: { "kubernetes-webhook": 5 } },
        inputs: pool("lan", []),
        objects: [metallb],
      },
    ],
  },
  "kubernetes-metallb-namespace": {
    broken: [
      {
        inputs: { ...pool("lan", []), metadata: { name: "lan", namespace: "default" } },
        objects: [metallb],
        says: /must be created in metallb-system/,
      },
    ],
    fine: [{ inputs: pool("lan", []), objects: [metallb] }],
  },
  "kubernetes-metallb-pool-range": {
    broken: [{ inputs: pool("lan", ["192.168.1.220-192.168.1.200"]), says: /invalid CIDR/ }],
    fine: [{ inputs: pool("lan", ["192.168.1.200-192.168.1.220", "2001:db8::/64"]) }],
  },
  "kubernetes-metallb-pool-overlap": {
    broken: [
      {
        inputs: pool("b", ["192.168.1.201/32"]),
        objects: [lan],
        says: /overlaps with already defined CIDR "192.168.1.200-192.168.1.201"/,
      },
    ],
    fine: [
      { inputs: pool("b", ["192.168.1.202-192.168.1.210"]), objects: [lan] },
      { inputs: pool("lan", ["192.168.1.200/31"]), id: "metallb-system/lan", objects: [lan] },
    ],
  },
  "kubernetes-metallb-address-in-pool": {
    broken: [
      {
        inputs: service(asks("192.168.1.9")),
        objects: [metallb, lan],
        says: /"192.168.1.9"\] is not allowed in config/,
      },
      {
        inputs: service({ "metallb.io/address-pool": "wan" }),
        objects: [metallb, lan],
        says: /unknown pool "wan"/,
      },
      {
        inputs: service({ ...asks(IP), "metallb.io/address-pool": "wan" }),
        objects: [metallb, lan, object(POOL, "metallb-system/wan", pool("wan", ["10.0.0.0/30"]))],
        says: /not compatible with requested address pool wan/,
      },
    ],
    fine: [
      { inputs: service(asks(IP)), objects: [metallb, lan] },
      { inputs: service(asks("192.168.1.9")), objects: [lan] },
      {
        inputs: service(asks("192.168.1.9"), { loadBalancerClass: "io.cilium/l2-announcer" }),
        objects: [metallb, lan],
      },
    ],
  },
  "kubernetes-metallb-address-shared": {
    broken: [
      {
        inputs: service(asks(IP)),
        objects: [metallb, lan, holder(IP, service(asks(IP)))],
        says: /also in use by default\/other/,
      },
      {
        inputs: service(shares(IP)),
        objects: [metallb, lan, holder(IP, service(shares(IP)))],
        says: /port UDP\/7777 is already in use/,
      },
      {
        inputs: service(shares(IP), { externalTrafficPolicy: "Local" }),
        objects: [
          metallb,
          lan,
          holder(IP, service(shares(IP), { ...other(1), selector: { app: "b" } })),
        ],
        says: /backend key/,
      },
    ],
    fine: [
      {
        inputs: service(shares(IP)),
        objects: [metallb, lan, holder(IP, service(shares(IP), other(1)))],
      },
      {
        inputs: service(asks("192.168.1.201")),
        objects: [metallb, lan, holder(IP, service(asks(IP)))],
      },
    ],
  },
  "kubernetes-metallb-no-address": {
    broken: [
      { inputs: service(), objects: [metallb], says: /no available IPs/ },
      {
        inputs: service(),
        objects: [
          metallb,
          object(POOL, "metallb-system/kept", pool("kept", ["10.0.0.0/30"], { autoAssign: false })),
        ],
        says: /no available IPs/,
      },
    ],
    fine: [{ inputs: service(), objects: [metallb, lan] }, { inputs: service() }],
  },
  "kubernetes-cilium-pool-conflict": {
    broken: [
      { inputs: ciliumPool("b", "10.0.150.0/24"), objects: [home], says: /conflicts with home/ },
    ],
    fine: [
      { inputs: ciliumPool("b", "10.0.151.0/24"), objects: [home] },
      { inputs: ciliumPool("home", "10.0.150.0/24"), id: "home", objects: [home] },
    ],
  },
  "kubernetes-cilium-announces-nothing": {
    broken: [{ inputs: { spec: {} }, says: /announces nothing/ }],
    fine: [{ inputs: { spec: { loadBalancerIPs: true } } }],
  },
  "kubernetes-cilium-request": {
    broken: [
      {
        inputs: service({ "lbipam.cilium.io/ips": "10.0.151.205" }),
        objects: [home],
        says: /IPAMRequestSatisfied is False/,
      },
      {
        inputs: service({ "lbipam.cilium.io/ips": "10.0.150.205" }),
        objects: [home, holder("10.0.150.205", service())],
        says: /IPAMRequestSatisfied is False/,
      },
      {
        inputs: service(),
        objects: [object(CILIUM_POOL, "a", ciliumPool("a", "10.0.0.0/30", { edge: "yes" }))],
        says: /IPAMRequestSatisfied is False/,
      },
    ],
    fine: [
      { inputs: service({ "lbipam.cilium.io/ips": "10.0.150.205" }), objects: [home] },
      { inputs: service(), objects: [home] },
      { inputs: service({}, { loadBalancerClass: "metallb.io/lan" }), objects: [home] },
    ],
  },
  "kubernetes-cilium-local-policy": {
    broken: [
      {
        inputs: service({}, { externalTrafficPolicy: "Local" }),
        objects: [home, policy],
        says: /not compatible with L2/,
      },
    ],
    fine: [
      { inputs: service(), objects: [home, policy] },
      { inputs: service({}, { externalTrafficPolicy: "Local" }), objects: [home] },
    ],
  },
  "kubernetes-traefik-udp-entry-points": {
    broken: [{ inputs: { kind: "IngressRouteUDP", spec: {} }, says: /every UDP entry point/ }],
    fine: [
      { inputs: { kind: "IngressRouteUDP", spec: { entryPoints: ["udp-11000"] } } },
      { inputs: { kind: "IngressRouteUDP", spec: { entryPoints: UNKNOWN } } },
      { inputs: { kind: "IngressRouteTCP", spec: {} } },
    ],
  },
  "kubernetes-traefik-host-sni": {
    broken: [
      {
        inputs: {
          kind: "IngressRouteTCP",
          spec: { routes: [{ match: "HostSNI(`db.example.com`)" }] },
        },
        says: /needs tls/,
      },
    ],
    fine: [
      { inputs: { kind: "IngressRouteTCP", spec: { routes: [{ match: "HostSNI(`*`)" }] } } },
      {
        inputs: {
          kind: "IngressRouteTCP",
          spec: { routes: [{ match: "HostSNI(`a.b`)" }], tls: { passthrough: true } },
        },
      },
    ],
  },
};
