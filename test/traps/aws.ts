import type { Trap } from "./trap.ts";

const LB = "components/aws/load-balancer.ts";
const LB_ARGS = "components/aws/load-balancer-args.ts";
const LB_TEST = "components/aws/load-balancer.test.ts";

/** Traps of AWS: Network Load Balancers, security groups, ECS. */
export const aws: readonly Trap[] = [
  {
    number: 9,
    trap: "a target group's health check left to AWS's defaults asks the UDP port's number over HTTP, fails everywhere, and AWS sends to all targets as if it worked",
    fix: "the check is demanded, and protocol, port and the rest are always said",
    mutations: [
      {
        file: LB,
        from: "        healthCheck,\n",
        to: "",
        test: "trap 9: the health check is demanded, and none of it is left to AWS's defaults",
        in: LB_TEST,
      },
      {
        file: LB_ARGS,
        from: "  return {\n    protocol,\n    port: String(given.port),",
        to: "  return {\n",
        test: "trap 9: the health check is demanded, and none of it is left to AWS's defaults",
        in: LB_TEST,
      },
    ],
  },
  {
    number: 10,
    trap: "a load balancer made without security groups can never get one",
    fix: "it has one from birth on",
    mutations: [
      {
        file: LB,
        from: "securityGroups: [group.id],",
        to: "",
        test: "trap 10: there is a security group from birth on",
        in: LB_TEST,
      },
    ],
  },
  {
    number: 11,
    trap: "targets let in the UDP port and not the health check",
    fix: "targets let in both, from the load balancer's security group alone",
    mutations: [
      {
        file: "components/aws/security-rules.ts",
        from: '      rule("TCP", Number(healthCheck.port)),\n',
        to: "",
        test: "trap 11: targets let in the ports and the health check, from the load balancer alone",
        in: LB_TEST,
      },
    ],
  },
  {
    number: 12,
    trap: "a target group with a fixed name cannot be replaced while a listener uses it; a name over 32 characters is refused",
    fix: "names are Pulumi's, and logical names are cut so that they fit",
    mutations: [
      {
        file: LB,
        from: "        vpcId,\n        targetType,",
        to: '        name: "fixed",\n        vpcId,\n        targetType,',
        test: "trap 12: no load balancer and no target group has a fixed name, and long names are cut",
        in: LB_TEST,
      },
      {
        file: "components/aws/names.ts",
        from: "name.length <= MAX_LOGICAL_LENGTH",
        to: "true",
        test: "trap 12: with what Pulumi adds, every name fits into what AWS takes",
        in: "components/aws/names.test.ts",
      },
    ],
  },
  {
    number: 13,
    trap: "a replacement load balancer asks for the addresses that the old one still has",
    fix: "with static addresses the old one goes first",
    mutations: [
      {
        file: LB,
        from: "deleteBeforeReplace: addresses !== undefined",
        to: "deleteBeforeReplace: false",
        test: "trap 13: with static addresses the old load balancer goes before the new one comes",
        in: LB_TEST,
      },
    ],
    alsoShown: ["the load balancer is replaced, its addresses move over"],
  },
  {
    number: 14,
    trap: "ECS refuses a target group that no listener uses yet",
    fix: "whoever uses a target group waits for its listener",
    mutations: [
      {
        file: LB,
        from: "all([group.arn, listening.urn, ...",
        to: "all([group.arn, ...",
        test: "trap 14: whoever uses a target group waits for its listener",
        in: LB_TEST,
      },
    ],
  },
  {
    number: 15,
    trap: "AWS refuses a UDP and a TCP listener on one number",
    fix: "they are merged to one of TCP_UDP",
    mutations: [
      {
        file: "components/aws/listeners.ts",
        from: "listeners.findIndex((listener) => listener.port === port.port)",
        to: "-1",
        test: "trap 15: UDP and TCP on one number are one TCP_UDP listener, named after the UDP port",
        in: "components/aws/listeners.test.ts",
      },
    ],
  },
  {
    number: 16,
    trap: "ECS refuses the sixth target group of a service",
    fix: "target groups are counted, when they are given and when they become known",
    mutations: [
      {
        file: "components/aws/fargate-relay-args.ts",
        from: "|| targets.length > most",
        to: "",
        test: "trap 16: a sixth target group is refused, when it is given and when it becomes known",
        in: "components/aws/fargate-relay.test.ts",
      },
    ],
  },
  {
    number: 17,
    trap: "AWS refuses to hide the client's address of UDP",
    fix: "`preserveClientIp: false` is refused where there is a UDP port",
    mutations: [
      {
        file: LB_ARGS,
        from: "args.preserveClientIp === false && udp !== undefined",
        to: "false",
        test: "trap 17: the client's address is kept, and for UDP nothing else is taken",
        in: LB_TEST,
      },
    ],
  },
];
