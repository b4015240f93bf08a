import type { ResourceRule, Subject } from "../rule.ts";
import { at, isFalse, isMissing, textOf } from "../values.ts";

const TARGET_GROUP =
  /^aws:(lb|alb|elasticloadbalancingv2|applicationloadbalancing)\/targetGroup:TargetGroup$/;

const isUdp = ({ props }: Subject): boolean => /^(UDP|TCP_UDP)$/i.test(textOf(props.protocol));

const healthCheck: ResourceRule = {
  name: "udp-nlb-health-check",
  level: "mandatory",
  levelReason: "the defaults probe a UDP port over TCP: every target is unhealthy",
  trap: 9,
  refuses: "A target group of a network load balancer for UDP leaves its health check to defaults.",
  wayOut:
    "Set `healthCheck.protocol` to TCP or HTTP, and `healthCheck.port` to a port that answers it.",
  types: TARGET_GROUP,
  faults: (subject) => {
    if (!isUdp(subject)) {
      return [];
    }
    const port = at(subject.props, "healthCheck.port");
    const protocol = at(subject.props, "healthCheck.protocol");
    const onTraffic = port === "traffic-port" && /^UDP$/i.test(textOf(subject.props.protocol));
    return [
      ...(isMissing(protocol) ? ["its health check names no protocol"] : []),
      ...(isMissing(port) ? ["its health check names no port"] : []),
      ...(onTraffic
        ? ["its health check asks the UDP port itself, where nothing answers TCP"]
        : []),
    ];
  },
};

const fixedName: ResourceRule = {
  name: "udp-nlb-target-group-name",
  level: "advisory",
  levelReason: "it fails only when the group is replaced, and then loudly",
  trap: 12,
  refuses: "A target group for UDP has a fixed name.",
  wayOut: "Leave `name` out: a name of Pulumi's own lets the new group exist beside the old one.",
  types: TARGET_GROUP,
  faults: (subject) => {
    const name = textOf(subject.props.name);
    const own = name.startsWith(`${subject.name}-`) && /^[0-9a-f]{7}$/.test(name.slice(-7));
    return isUdp(subject) && name !== "" && !own && subject.deleteBeforeReplace !== true
      ? [`the name "${name}" is taken while the group is replaced (ResourceInUse)`]
      : [];
  },
};

const clientAddress: ResourceRule = {
  name: "udp-nlb-preserve-client-ip",
  level: "mandatory",
  levelReason: "AWS preserves the address of UDP clients, and refuses to do otherwise",
  trap: 17,
  refuses: "A target group for UDP turns the preservation of client addresses off.",
  wayOut: "Leave `preserveClientIp` out, and let the targets' security group in what clients send.",
  types: TARGET_GROUP,
  faults: (subject) =>
    isUdp(subject) && isFalse(subject.props.preserveClientIp)
      ? ["`preserveClientIp` is false"]
      : [],
};

export const targetGroupRules = [healthCheck, fixedName, clientAddress];
