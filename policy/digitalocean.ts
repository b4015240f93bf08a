import type { ResourceRule } from "./rule.ts";
import { isMissing, listOf, mapsOf } from "./values.ts";

const outbound: ResourceRule = {
  name: "udp-do-firewall-outbound",
  level: "mandatory",
  levelReason: "DigitalOcean drops what a droplet sends of its own accord, name look-ups among it",
  trap: 18,
  refuses: "A DigitalOcean firewall has no outbound rules.",
  wayOut: "List the outbound rules: TCP and UDP with `portRange` 1-65535, and ICMP, to be open.",
  types: /^digitalocean:index\/firewall:Firewall$/,
  faults: ({ props: { outboundRules: rules } }) =>
    isMissing(rules) || (Array.isArray(rules) && listOf(rules).length === 0)
      ? ["it has no `outboundRules`, so everything that droplets send of themselves is dropped"]
      : [],
};

const samePorts: ResourceRule = {
  name: "udp-do-load-balancer-ports",
  level: "mandatory",
  levelReason: "DigitalOcean refuses it",
  trap: 21,
  refuses: "A regional network load balancer of DigitalOcean forwards to another port.",
  wayOut: "Let `targetPort` be `entryPort`: this type of load balancer translates no ports.",
  types: /^digitalocean:index\/loadBalancer:LoadBalancer$/,
  faults: ({ props }) =>
    props.type === "REGIONAL_NETWORK"
      ? mapsOf(props.forwardingRules).flatMap(({ entryPort, targetPort }) =>
          typeof entryPort === "number" &&
          typeof targetPort === "number" &&
          entryPort !== targetPort
            ? [`it forwards port ${entryPort} to ${targetPort}`]
            : [],
        )
      : [],
};

export const digitalOceanRules = [outbound, samePorts];
