import { testRules, withUnknown } from "../testing/rule-cases.ts";
import type { Properties } from "../values.ts";
import { networkLoadBalancerRules } from "./load-balancer.ts";
import { targetGroupRules } from "./target-group.ts";

const TARGET_GROUP = "aws:lb/targetGroup:TargetGroup";
const LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer";
const network = { loadBalancerType: "network" };
const elastic = { ...network, subnetMappings: [{ subnetId: "s", allocationId: "eipalloc-1" }] };
const udp = (healthCheck?: Properties) => ({ props: { protocol: "UDP", healthCheck } });

testRules([...targetGroupRules, ...networkLoadBalancerRules], {
  "udp-nlb-health-check": {
    type: TARGET_GROUP,
    broken: [
      [/names no protocol\n.*names no port/, udp()],
      [/names no port/, udp({ protocol: "TCP" })],
      [/nothing answers TCP/, udp({ protocol: "TCP", port: "traffic-port" })],
      [/names no protocol/, { type: "aws:alb/targetGroup:TargetGroup", ...udp({ port: "80" }) }],
      [/names no port/, { props: { protocol: "TCP_UDP", healthCheck: { protocol: "TCP" } } }],
    ],
    fine: [
      [udp({ protocol: "HTTP", port: "8080" })],
      [{ props: { protocol: "TCP_UDP", healthCheck: { protocol: "TCP", port: "traffic-port" } } }],
      [{ props: { protocol: "TCP" } }],
      [udp(withUnknown({}, "protocol", "port"))],
      [{ props: withUnknown({ protocol: "UDP" }, "healthCheck") }],
      [{ props: withUnknown({}, "protocol") }],
    ],
  },
  "udp-nlb-target-group-name": {
    type: TARGET_GROUP,
    broken: [[/"game" is taken/, { props: { protocol: "UDP", name: "game" } }]],
    fine: [
      [udp()],
      // What Pulumi names it, as the engine shows it.
      [{ name: "relay-p2p", props: { protocol: "UDP", name: "relay-p2p-0a1b2c3" } }],
      [{ props: { protocol: "UDP", name: "game" }, deleteBeforeReplace: true }],
      [{ props: { protocol: "HTTP", name: "web" } }],
    ],
  },
  "udp-nlb-preserve-client-ip": {
    type: TARGET_GROUP,
    broken: [
      [/is false/, { props: { protocol: "UDP", preserveClientIp: "false" } }],
      [/is false/, { props: { protocol: "TCP_UDP", preserveClientIp: false } }],
    ],
    fine: [
      [udp()],
      [{ props: { protocol: "UDP", preserveClientIp: "true" } }],
      [{ props: { protocol: "TCP", preserveClientIp: "false" } }],
      [{ props: withUnknown({ protocol: "UDP" }, "preserveClientIp") }],
    ],
  },
  "udp-nlb-security-groups": {
    type: LOAD_BALANCER,
    broken: [
      [/no security groups/, { props: network }],
      [/no security groups/, { props: { ...network, securityGroups: [] } }],
    ],
    fine: [
      [{ props: { ...network, securityGroups: ["sg-1"] } }],
      [{ props: { loadBalancerType: "application" } }],
      [{ props: withUnknown({ ...network }, "securityGroups") }],
    ],
  },
  "udp-nlb-delete-before-replace": {
    type: LOAD_BALANCER,
    broken: [
      [/Elastic IPs are in use/, { props: elastic }],
      [/in use/, { props: { ...network, subnetMappings: [withUnknown({}, "allocationId")] } }],
    ],
    fine: [
      [{ props: elastic, deleteBeforeReplace: true }],
      [{ props: { ...network, subnetMappings: [{ subnetId: "s" }] } }],
    ],
  },
});
