import {
  type CheckFailure,
  isUnknown,
  type Properties,
} from "../../../components/provider/index.ts";
import { delay } from "../../cloud/delay.ts";
import { listOf, mapOf } from "../../cloud/paths.ts";
import { quota } from "../../cloud/quota.ts";
import type { Rule, RuleSubject } from "../../cloud/rule.ts";
import { forceNew } from "../bridged.ts";
import { all, byId, T } from "./names.ts";

const PROVIDER = "digitalocean/terraform-provider-digitalocean digitalocean";

const rulesOf = (inputs: Properties, direction: "inboundRules" | "outboundRules") =>
  listOf(inputs[direction]).map(mapOf);

export const firewallHasRules: Rule = {
  id: "digitalocean-firewall-rules",
  basis: "read",
  stage: "check",
  severity: "refuse",
  says: "A firewall has one rule at least.",
  source: `${PROVIDER}/firewall/resource_firewall.go CustomizeDiff`,
  broken: ({ inputs }) =>
    rulesOf(inputs, "inboundRules").length + rulesOf(inputs, "outboundRules").length === 0
      ? "At least one rule must be specified"
      : undefined,
};

export const portRangeRequired: Rule = {
  id: "digitalocean-firewall-port-range",
  basis: "read",
  stage: "check",
  severity: "refuse",
  says: "A rule for TCP or UDP has a range of ports.",
  source: `${PROVIDER}/firewall/resource_firewall.go CustomizeDiff`,
  broken: ({ inputs }): CheckFailure | undefined => {
    for (const direction of ["inboundRules", "outboundRules"] as const) {
      const at = rulesOf(inputs, direction).findIndex(
        ({ protocol, portRange }) => protocol !== "icmp" && (portRange ?? "") === "",
      );
      if (at >= 0) {
        return {
          property: `${direction}[${at}].portRange`,
          reason: `\`port_range\` of ${direction === "inboundRules" ? "inbound" : "outbound"} rules is required if protocol is \`tcp\` or \`udp\``,
        };
      }
    }
    return undefined;
  },
};

export const firewallLetsOut: Rule = {
  id: "digitalocean-firewall-egress",
  basis: "read",
  stage: "write",
  severity: "warn",
  says: "A firewall without outbound rules lets nothing out of its droplets: no packages, no images.",
  source:
    "christippett/terraform-cloudinit-container-server#10; https://docs.digitalocean.com/products/networking/firewalls/",
  broken: ({ inputs }) =>
    rulesOf(inputs, "outboundRules").length === 0
      ? "without outbound rules droplets behind this firewall reach nothing, not even packages"
      : undefined,
};

/** What one firewall can hold. */
const FIREWALL = { rules: 50, droplets: 10, tags: 5 };

export const firewallLimits: Rule = {
  id: "digitalocean-firewall-limits",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A firewall has 50 rules, 10 droplets and 5 tags at most; a tag takes any number of droplets.",
  source: "https://docs.digitalocean.com/products/networking/firewalls/details/limits/",
  broken: ({ inputs }) => {
    const count = {
      rules: rulesOf(inputs, "inboundRules").length + rulesOf(inputs, "outboundRules").length,
      droplets: listOf(inputs.dropletIds).length,
      tags: listOf(inputs.tags).length,
    };
    const over = (["rules", "droplets", "tags"] as const).find((one) => count[one] > FIREWALL[one]);
    return over && `422 a firewall has at most ${FIREWALL[over]} ${over}, not ${count[over]}`;
  },
};

export const tagExists: Rule = {
  id: "digitalocean-firewall-tag",
  basis: "recalled",
  stage: "write",
  severity: "refuse",
  says: "A firewall names tags that exist.",
  source: "https://docs.digitalocean.com/reference/api/digitalocean/#tag/Firewalls",
  broken: ({ inputs, world }) => {
    const lost = listOf(inputs.tags).find((tag) => byId(world, T.tag, tag) === undefined);
    return lost === undefined ? undefined : `422 tag ${lost} does not exist`;
  },
};

/** The droplet that an assignment names. */
const dropletOf = ({ inputs, world }: RuleSubject) => byId(world, T.droplet, inputs.dropletId);

export const assignmentRegion: Rule = {
  id: "digitalocean-reserved-ip-region",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A reserved address goes to droplets of its own region.",
  source: "https://docs.digitalocean.com/products/networking/reserved-ips/details/availability/",
  broken: (subject) => {
    const address = byId(subject.world, T.reservedIp, subject.inputs.ipAddress);
    const droplet = dropletOf(subject);
    return address && droplet && address.inputs.region !== droplet.inputs.region
      ? `422 The reserved IP ${address.id} is in ${address.inputs.region}, the droplet in ${droplet.inputs.region}`
      : undefined;
  },
};

export const assignmentDroplet: Rule = {
  id: "digitalocean-reserved-ip-droplet",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A reserved address is assigned to a droplet that exists.",
  source: `${PROVIDER}/reservedip/resource_reserved_ip_assignment.go waitOnDroplet`,
  broken: (subject) =>
    dropletOf(subject) === undefined
      ? `404 The droplet ${subject.inputs.dropletId} could not be found.`
      : undefined,
};

/** waitOnDroplet's timeout. */
const DROPLET_PATIENCE = 120;

export const dropletBusy = delay({
  id: "digitalocean-droplet-busy",
  late: "digitalocean-droplet",
  basis: "read",
  stage: "write",
  patience: DROPLET_PATIENCE,
  says: "A droplet takes no address while one of its events is pending, such as its own creation; the provider asks for 2 minutes whether that is over.",
  source: `${PROVIDER}/reservedip/reserved_ip_actions.go waitOnDroplet (from July 2026 on: #1565)`,
  needs: (subject) => [dropletOf(subject) ?? []].flat(),
  answer: ({ inputs }) =>
    `422 Droplet ${inputs.dropletId} already has a pending event. (Error waiting for droplet to be ready for reserved IP assign)`,
});

export const oneAssignment: Rule = {
  id: "digitalocean-reserved-ip-one-a-droplet",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A droplet has one reserved IPv4 address.",
  source: "https://docs.digitalocean.com/products/droplets/details/limits/",
  broken: ({ inputs, world, id }) =>
    all(world, T.reservedIpAssignment).some(
      (other) =>
        other.id !== id &&
        other.inputs.dropletId === inputs.dropletId &&
        other.inputs.ipAddress !== inputs.ipAddress,
    )
      ? `422 Droplet ${inputs.dropletId} already has a reserved IP`
      : undefined,
};

export const addressQuota = quota({
  id: "digitalocean-reserved-ip-quota",
  basis: "read",
  says: "An account has 3 reserved addresses.",
  source: "https://docs.digitalocean.com/products/networking/reserved-ips/details/limits/",
  limit: 3,
  others: ({ world }) => all(world, T.reservedIp).length,
  answer: (limit) => `422 you have reached the limit of reserved IPs for your account (${limit})`,
});

/** Droplets that a load balancer names one by one. */
const LB_DROPLETS = 10;

export const lbDroplets: Rule = {
  id: "digitalocean-lb-droplets",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: `A load balancer names ${LB_DROPLETS} droplets at most; a tag takes any number.`,
  source: "https://docs.digitalocean.com/products/networking/load-balancers/details/limits/",
  broken: ({ inputs }) =>
    listOf(inputs.dropletIds).length > LB_DROPLETS
      ? `422 a load balancer has at most ${LB_DROPLETS} droplets`
      : undefined,
};

export const lbTargetPort: Rule = {
  id: "digitalocean-network-lb-port",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A network load balancer passes packets on with their port: a rule's target port is its entry port.",
  source:
    "digitalocean/digitalocean-cloud-controller-manager cloud-controller-manager/do/loadbalancers.go buildRegionalNetworkForwardingRule",
  broken: ({ inputs }) => {
    const rule = listOf(inputs.forwardingRules)
      .map(mapOf)
      .find(({ entryPort, targetPort }) => entryPort !== targetPort);
    return inputs.type === "REGIONAL_NETWORK" && rule
      ? `422 forwarding rule entry port ${rule.entryPort} must match target port ${rule.targetPort}`
      : undefined;
  },
};

export const lbCarriesUdp: Rule = {
  id: "digitalocean-lb-udp",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A load balancer carries UDP from UDP to UDP.",
  source: "https://docs.digitalocean.com/reference/api/reference/load-balancers/ entry_protocol",
  broken: ({ inputs }) => {
    const mixed = listOf(inputs.forwardingRules)
      .map(mapOf)
      .find(
        ({ entryProtocol, targetProtocol }) =>
          [entryProtocol, targetProtocol].filter((one) => one === "udp").length === 1,
      );
    return mixed && "422 UDP entry protocol must be matched with UDP target protocol";
  },
};

export const lbHealthPath: Rule = {
  id: "digitalocean-lb-health-path",
  basis: "read",
  stage: "check",
  severity: "refuse",
  says: "A health check over HTTP has a path, one over TCP has none.",
  source: `${PROVIDER}/loadbalancer/resource_loadbalancer.go CustomizeDiff`,
  broken: ({ inputs }): CheckFailure | undefined => {
    const { protocol, path } = mapOf(inputs.healthcheck);
    if (inputs.healthcheck === undefined || isUnknown(protocol ?? "")) {
      return undefined;
    }
    const wants = protocol === "http" || protocol === "https";
    if (wants === (path !== undefined)) {
      return undefined;
    }
    const reason = wants
      ? `health check \`path\` is required for when protocol is \`${protocol}\``
      : "health check `path` is not allowed for when protocol is `tcp`";
    return { property: "healthcheck.path", reason };
  },
};

export const lbTargets: Rule = {
  id: "digitalocean-lb-targets",
  basis: "read",
  stage: "check",
  severity: "refuse",
  says: "A load balancer names its droplets by tag or by identifier, not by both.",
  source: `${PROVIDER}/loadbalancer/resource_loadbalancer.go ConflictsWith`,
  broken: ({ inputs }): CheckFailure | undefined =>
    inputs.dropletTag !== undefined && inputs.dropletIds !== undefined
      ? { property: "dropletIds", reason: '"dropletIds": conflicts with dropletTag' }
      : undefined,
};

const immutable = forceNew(PROVIDER, "read");

export const dropletImmutable = immutable(
  "digitalocean-droplet-immutable",
  "A change of image, region, keys, user data, monitoring or VPC replaces a droplet.",
  [
    "dropletAgent",
    "image",
    "monitoring",
    "publicNetworking",
    "region",
    "sshKeys",
    "userData",
    "vpcUuid",
  ],
  "droplet/resource_droplet.go",
);
export const assignmentImmutable = immutable(
  "digitalocean-assignment-immutable",
  "Any change replaces the assignment of a reserved address; deleting the old one takes the address from its own droplet only.",
  ["dropletId", "ipAddress"],
  "reservedip/resource_reserved_ip_assignment.go",
);
export const addressImmutable = immutable(
  "digitalocean-reserved-ip-immutable",
  "A change of region replaces a reserved address.",
  ["region"],
  "reservedip/resource_reserved_ip.go",
);
export const lbImmutable = immutable(
  "digitalocean-lb-immutable",
  "A change of region, type, network or VPC replaces a load balancer, and its address with it.",
  ["network", "networkStack", "region", "subnetUuid", "type", "vpcUuid"],
  "loadbalancer/resource_loadbalancer.go",
);
export const tagImmutable = immutable(
  "digitalocean-tag-immutable",
  "A change of name replaces a tag.",
  ["name"],
  "tag/resource_tag.go",
);
export const projectImmutable = immutable(
  "digitalocean-project-resources-immutable",
  "A change of project replaces the list of its resources.",
  ["project"],
  "project/resource_project_resources.go",
);
export const vpcImmutable = immutable(
  "digitalocean-vpc-immutable",
  "A change of region or network replaces a VPC.",
  ["ipRange", "region"],
  "vpc/resource_vpc.go",
);
