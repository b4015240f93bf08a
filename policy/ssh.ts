import type { ResourceRule, Subject } from "./rule.ts";
import { listOf, mapsOf, type Properties, textOf, type Value } from "./values.ts";

const SSH = 22;
const WORLD: readonly string[] = ["0.0.0.0/0", "::/0", "*", "internet", "any"];

const isWorld = (value: Value): boolean => WORLD.includes(textOf(value).toLowerCase());
const anyWorld = (...lists: readonly Value[]): boolean =>
  lists.some((list) => listOf(list).some(isWorld));

/** True when SSH's port lies in a range such as `22`, `20-30` or `*`. */
function holdsSsh(range: Value): boolean {
  const text = written(range);
  const [from = "", to = from] = text.split("-");
  return text === "*" || text === "all" || (from !== "" && +from <= SSH && SSH <= +to);
}

/** AWS writes all protocols as -1, and ignores ports then. */
const awsHoldsSsh = (protocol: Value, from: Value, to: Value): boolean =>
  ["-1", "all"].includes(written(protocol)) ||
  (/^(tcp|6)$/i.test(written(protocol)) && holdsSsh(`${written(from)}-${written(to)}`));

/** A number or a text, as text. */
const written = (value: Value): string =>
  typeof value === "number" ? String(value) : textOf(value);

function azureOpen(rule: Properties): boolean {
  const ranges: readonly Value[] = [
    rule.destinationPortRange,
    ...listOf(rule.destinationPortRanges),
  ];
  return (
    /^inbound$/i.test(textOf(rule.direction)) &&
    /^allow$/i.test(textOf(rule.access)) &&
    /^(tcp|\*)$/i.test(textOf(rule.protocol)) &&
    (isWorld(rule.sourceAddressPrefix) || anyWorld(rule.sourceAddressPrefixes)) &&
    ranges.some(holdsSsh)
  );
}

const awsOpen = (rule: Properties): boolean =>
  awsHoldsSsh(rule.protocol, rule.fromPort, rule.toPort) &&
  anyWorld(rule.cidrBlocks, rule.ipv6CidrBlocks);

/** By type, whether a resource lets the world in on port 22. */
const OPEN: readonly (readonly [RegExp, (props: Properties) => boolean])[] = [
  [/^aws:ec2\/securityGroup:SecurityGroup$/, (props) => mapsOf(props.ingress).some(awsOpen)],
  [
    /^aws:ec2\/securityGroupRule:SecurityGroupRule$/,
    (props) => props.type === "ingress" && awsOpen(props),
  ],
  [
    /^aws:vpc\/securityGroupIngressRule:SecurityGroupIngressRule$/,
    (props) =>
      awsHoldsSsh(props.ipProtocol, props.fromPort, props.toPort) &&
      (isWorld(props.cidrIpv4) || isWorld(props.cidrIpv6)),
  ],
  [
    /^azure-native(_network_v\w+)?:network(\/v\w+)?:NetworkSecurityGroup$/,
    (props) => mapsOf(props.securityRules).some(azureOpen),
  ],
  [/^azure-native(_network_v\w+)?:network(\/v\w+)?:SecurityRule$/, azureOpen],
  [
    /^digitalocean:index\/firewall:Firewall$/,
    (props) =>
      mapsOf(props.inboundRules).some(
        (rule) =>
          textOf(rule.protocol) === "tcp" &&
          holdsSsh(rule.portRange) &&
          anyWorld(rule.sourceAddresses),
      ),
  ],
];

export const sshOpen: ResourceRule = {
  name: "udp-ssh-open-to-the-world",
  level: "mandatory",
  levelReason: "passwords are guessed at without end, and no client needs the port",
  trap: undefined,
  refuses: "A security group, network security group or firewall lets every address in on port 22.",
  wayOut: "Name the addresses that administer the host, or use the provider's session service.",
  types: new RegExp(OPEN.map(([type]) => type.source).join("|")),
  faults: ({ type, props }: Subject) =>
    OPEN.some(([types, open]) => types.test(type) && open(props))
      ? ["TCP port 22 is open to every address"]
      : [],
};
