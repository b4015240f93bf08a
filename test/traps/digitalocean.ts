import type { Trap } from "./trap.ts";

const TEST = "components/digitalocean/digitalocean.test.ts";

/** Traps of DigitalOcean. */
export const digitalocean: readonly Trap[] = [
  {
    number: 18,
    trap: "a firewall without outbound rules lets nothing out: no packages, no images",
    fix: "everything is let out unless told otherwise, and an empty list is refused",
    mutations: [
      {
        file: "components/digitalocean/droplet-relay.ts",
        from: '["tcp", "udp", "icmp"].map',
        to: "[].map",
        test: "trap 18: the firewall lets everything out unless told otherwise, and never nothing",
        in: TEST,
      },
      {
        file: "components/digitalocean/droplet-relay-args.ts",
        from: "egressRanges.length === 0",
        to: "false",
        test: "trap 18: the firewall lets everything out unless told otherwise, and never nothing",
        in: TEST,
      },
    ],
  },
  {
    number: 19,
    trap: "the provider tells a droplet's identifier as text and wants it as a number",
    fix: "it is turned into one, and stays unknown in a preview",
    mutations: [
      {
        file: "components/digitalocean/droplet-relay.ts",
        from: "droplet.id.apply(dropletNumber)",
        to: "droplet.id",
        test: "trap 19: the droplet's identifier becomes a number for the assignment",
        in: TEST,
      },
    ],
  },
  {
    number: 20,
    trap: "with its health check overridden the controller refuses a Service without TCP ports",
    fix: "it is never overridden",
    mutations: [
      {
        file: "components/digitalocean/doks-load-balancer.ts",
        from: '-type`]: "REGIONAL_NETWORK",',
        to: '-type`]: "REGIONAL_NETWORK", [ANNOTATION + "-override-health-check"]: "true",',
        test: "trap 20: a Service's health check is never overridden, and its type is said",
        in: TEST,
      },
    ],
  },
  {
    number: 21,
    trap: "a network load balancer passes packets on with their port, whatever the target port says",
    fix: "another target port is refused, and the type of load balancer is said",
    mutations: [
      {
        file: "components/endpoint/published.ts",
        from: "port !== targetPort",
        to: "false",
        test: "trap 21: packets keep their port, so another target port is refused, and the type is said",
        in: TEST,
      },
      {
        file: "components/digitalocean/load-balancer.ts",
        from: 'type: "REGIONAL_NETWORK",',
        to: "",
        test: "trap 21: packets keep their port, so another target port is refused, and the type is said",
        in: TEST,
      },
    ],
  },
];
