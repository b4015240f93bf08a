import type { Trap } from "./trap.ts";

const DIRECTOR = "components/director/udp-director.ts";
const POD = "components/director/pod.ts";
const TEST = "components/director/udp-director.test.ts";

/** Traps of a UDP workload in any Kubernetes. */
export const director: readonly Trap[] = [
  {
    number: 34,
    trap: "no pod for a moment, and nodes remember for as long as packets flow that there is none",
    fix: "the next pod is ready before the last one goes",
    mutations: [
      {
        file: DIRECTOR,
        from: "maxUnavailable: 0, maxSurge: 1",
        to: "maxUnavailable: 1, maxSurge: 0",
        test: "trap 34: the next pod is ready before the last one goes",
        in: TEST,
      },
      {
        file: "components/traefik/gateway-args.ts",
        from: "maxUnavailable: 0, maxSurge: 1",
        to: "maxUnavailable: 1, maxSurge: 0",
        test: "trap 34: pods are replaced one more first, and never all at once",
        in: "components/traefik/traefik.test.ts",
      },
    ],
  },
  {
    number: 35,
    trap: "a rollout under the policy `Local` drops packets until the load balancer notices",
    fix: "a pod serves on for longer than the probes take, and its grace period is longer still",
    mutations: [
      {
        file: POD,
        from: "lifecycle: { preStop: { sleep: { seconds: options.preStopSeconds } } },",
        to: "",
        test: "trap 35: a pod serves on while the load balancer notices that it leaves",
        in: TEST,
      },
    ],
  },
  {
    number: 38,
    trap: "metrics on the Internet",
    fix: "`INTERNAL` ports never reach a public address, on any platform",
    mutations: [
      {
        file: "components/endpoint/published.ts",
        from: "ports.filter(({ exposure }) => exposure === Exposure.Public)",
        to: "ports",
        test: "trap 38: an internal port goes to a ClusterIP Service and never to the address",
        in: "components/aks/load-balancer.test.ts",
      },
      {
        file: "components/aws/listeners.ts",
        from: "port.exposure !== Exposure.Public",
        to: "false",
        test: "trap 38: an internal port has no listener",
        in: "components/aws/load-balancer.test.ts",
      },
      {
        file: "components/director/ports.ts",
        from: "exposure: Exposure.Internal",
        to: "exposure: Exposure.Public",
        test: "trap 38: the metrics port is for the inside only, on whatever load balancer",
        in: TEST,
      },
    ],
  },
  {
    number: 39,
    trap: "tokens and sessions in memory, and a second pod that does not know them",
    fix: "a second pod without a shared store is refused; with one there are two",
    mutations: [
      {
        file: "components/director/store.ts",
        from: "replicas !== 1 && !shared",
        to: "false",
        test: "trap 39: a second pod is refused with the reason",
        in: TEST,
      },
      {
        file: "components/director/store.ts",
        from: "given ?? (shared ? 2 : 1)",
        to: "given ?? 1",
        test: "trap 39: with a shared store there are two pods, spread, and never none",
        in: TEST,
      },
    ],
  },
  {
    number: 40,
    trap: "a proxy that runs as root or with capabilities, without anybody having said so",
    fix: "the pod keeps to the restricted pod security standard",
    mutations: [
      {
        file: "components/kubernetes/restricted.ts",
        from: 'capabilities: { drop: ["ALL"] },',
        to: 'capabilities: { add: ["NET_ADMIN"] },',
        test: "trap 40: the pod keeps to the restricted pod security standard",
        in: TEST,
      },
    ],
  },
];
