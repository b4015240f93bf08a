import type { Trap } from "./trap.ts";

const METALLB_TEST = "components/metallb/metallb.test.ts";
const CILIUM_TEST = "components/cilium/cilium.test.ts";
const TRAEFIK_TEST = "components/traefik/traefik.test.ts";
const GATEWAY = "components/traefik/gateway-args.ts";

/** Traps of clusters of one's own: MetalLB, Cilium, Traefik. */
export const clusters: readonly Trap[] = [
  {
    number: 22,
    trap: "a MetalLB pool is refused while the controller's webhook is coming up",
    fix: "pools come after the release is ready, and are tried again while the webhook cannot be asked",
    mutations: [
      {
        file: "components/metallb/metallb.ts",
        from: "all([namespace.metadata.name, release.name])",
        to: "all([namespace.metadata.name])",
        test: "trap 22: pool and advertisement come after the release, and are tried again",
        in: METALLB_TEST,
      },
      {
        file: "components/metallb/address-pool.ts",
        from: "hooks: { onError }, deleteBeforeReplace: true",
        to: "deleteBeforeReplace: true",
        test: "trap 22: pool and advertisement come after the release, and are tried again",
        in: METALLB_TEST,
      },
    ],
  },
  {
    number: 23,
    trap: "a MetalLB pool without an advertisement gives out addresses that nobody answers for",
    fix: "a pool is never made without one",
    mutations: [
      {
        file: "components/metallb/address-pool.ts",
        from: "advertisementSpec(args, pool.metadata.name)",
        to: "{}",
        test: "trap 23: every pool has its advertisement, in each mode",
        in: METALLB_TEST,
      },
    ],
  },
  {
    number: 24,
    trap: "MetalLB's chart runs FRR unless told otherwise, in L2 mode too",
    fix: "both switches are always said",
    mutations: [
      {
        file: "components/metallb/metallb-args.ts",
        from: "frrk8s: { enabled: backend === BgpBackend.FrrK8s },",
        to: "",
        test: "trap 24: in L2 mode no FRR runs, whatever the chart's version leaves on",
        in: METALLB_TEST,
      },
      {
        file: "components/metallb/metallb-args.ts",
        from: "frr: { enabled: backend === BgpBackend.Frr },",
        to: "",
        test: "trap 24: in L2 mode no FRR runs, whatever the chart's version leaves on",
        in: METALLB_TEST,
      },
    ],
  },
  {
    number: 25,
    trap: "pod security keeps MetalLB's speakers, which need the host's network, out of their namespace",
    fix: "the namespace says that it is for privileged pods",
    mutations: [
      {
        file: "components/metallb/metallb.ts",
        from: ", ...PRIVILEGED_NAMESPACE",
        to: "",
        test: "trap 25: the namespace lets speakers with host network and NET_RAW in",
        in: METALLB_TEST,
      },
    ],
  },
  {
    number: 26,
    trap: "Cilium's L2 announcements do not look where pods are: with the policy `Local` a node without one drops every packet",
    fix: "`Local` is refused with L2, and `Cluster` the default",
    mutations: [
      {
        file: "components/cilium/load-balancer-args.ts",
        from: "l2 && policy === TrafficPolicy.Local",
        to: "false",
        test: "trap 26: the policy Local is refused with L2, and the default is Cluster",
        in: CILIUM_TEST,
      },
      {
        file: "components/cilium/load-balancer-args.ts",
        from: "l2 ? TrafficPolicy.Cluster : TrafficPolicy.Local",
        to: "TrafficPolicy.Local",
        test: "trap 26: the policy Local is refused with L2, and the default is Cluster",
        in: CILIUM_TEST,
      },
    ],
  },
  {
    number: 27,
    trap: "a Cilium announcement policy that says nothing announces nothing",
    fix: "addresses of load balancers are always announced",
    mutations: [
      {
        file: "components/cilium/l2-policy.ts",
        from: "loadBalancerIPs: true,",
        to: "",
        test: "trap 27: a policy announces the addresses of load balancers, whatever else it says",
        in: CILIUM_TEST,
      },
    ],
  },
  {
    number: 30,
    trap: "Traefik forgets a UDP client after 3 seconds, and its next packet comes from another port",
    fix: "every UDP entry point has its idle time, as an argument, since the chart has no such setting",
    mutations: [
      {
        file: GATEWAY,
        from: ".udp.timeout=",
        to: ".http.timeout=",
        test: "trap 30: every UDP port has its idle time, which is 3 seconds unless said",
        in: TRAEFIK_TEST,
      },
    ],
  },
  {
    number: 31,
    trap: "a UDP route that names no entry point takes the packets of all of them",
    fix: "the port is demanded, and its entry point always named",
    mutations: [
      {
        file: "components/traefik/route-args.ts",
        from: "  entryPoints: [entryPoint],\n  routes: [{ services:",
        to: "  routes: [{ services:",
        test: "trap 31: a UDP route names its entry point, always",
        in: TRAEFIK_TEST,
      },
    ],
  },
  {
    number: 32,
    trap: "Traefik's chart cuts names of ports after 15 characters, and leaves out a port whose protocol is not in capitals",
    fix: "names have 9 characters at most, protocols are in capitals",
    mutations: [
      {
        file: "components/traefik/entry-points.ts",
        from: ".toLowerCase()}-",
        to: ".toLowerCase()}-entry-point-",
        test: "trap 32: names of 200 ports stay apart after 15 characters, protocols are in capitals",
        in: TRAEFIK_TEST,
      },
      {
        file: GATEWAY,
        from: "{ port, exposedPort: port, expose: { default: true }, protocol },",
        to: "{ port, exposedPort: port, expose: { default: true }, protocol: protocol.toLowerCase() },",
        test: "trap 32: names of 200 ports stay apart after 15 characters, protocols are in capitals",
        in: TRAEFIK_TEST,
      },
    ],
  },
  {
    number: 33,
    trap: "a port more restarts Traefik, and ends every session of all others",
    fix: "all ports of the pools are open from the start, and routes change no argument",
    mutations: [
      {
        file: GATEWAY,
        from: "    ingressClass: { isDefaultClass: false },",
        to: "    ingressClass: { isDefaultClass: false },\n    routes: (globalThis.programs = (globalThis.programs ?? 0) + 1),",
        test: "trap 33: a route more leaves every argument of Traefik as it is",
        in: TRAEFIK_TEST,
      },
    ],
  },
];
