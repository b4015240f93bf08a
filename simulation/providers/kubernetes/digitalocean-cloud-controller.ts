import type { Properties } from "../../../components/provider/index.ts";
import type { Fact } from "../../cloud/fact.ts";
import { publicAddress, uuid } from "../../cloud/identifiers.ts";
import { textOf, valueAt } from "../../cloud/paths.ts";
import type { Rule } from "../../cloud/rule.ts";
import { addressesIn, type CloudObject, objectsOf, type World } from "../../cloud/world.ts";
import { isDoks } from "../digitalocean/clusters.ts";
import { CLOUD as DIGITALOCEAN, T } from "../digitalocean/names.ts";
import { annotation, annotationsOf, isLoadBalancer, portsOf } from "./objects.ts";

const CONTROLLER =
  "digitalocean/digitalocean-cloud-controller-manager cloud-controller-manager/do/loadbalancers.go";
const PREFIX = "service.beta.kubernetes.io/do-loadbalancer-";
const OVERRIDE = `${PREFIX}override-health-check`;
const DISOWN = "service.kubernetes.io/do-loadbalancer-disown";
/** Names the load balancer that a Service takes over. */
const LOAD_BALANCER_ID = "kubernetes.digitalocean.com/load-balancer-id";

const sync = { stage: "sync", severity: "refuse", basis: "read" } as const;
const failed = (why: string): string =>
  `SyncLoadBalancerFailed: failed to build load-balancer request: ${why}`;

/** True if DigitalOcean's controller has to make a load balancer for the Service. */
export const isDoksLoadBalancer = (inputs: Properties, scope: string): boolean =>
  isDoks(scope) && isLoadBalancer(inputs);

const isDisowned = (inputs: Properties): boolean =>
  ["1", "t", "T", "true", "TRUE", "True"].includes(annotation(inputs, DISOWN) ?? "");

/** A rule about what the controller asks of DigitalOcean; a Service that it disowns it passes over. */
const requestRule = (
  rule: Omit<Rule, "stage" | "severity" | "basis" | "broken">,
  mistake: (inputs: Properties) => string | undefined,
): Rule => ({
  ...sync,
  ...rule,
  broken: ({ inputs, scope }) => {
    const why =
      isDoksLoadBalancer(inputs, scope) && !isDisowned(inputs) ? mistake(inputs) : undefined;
    return why === undefined ? undefined : failed(why);
  },
});

const overrideNeedsTcp = requestRule(
  {
    id: "digitalocean-doks-health-check-override",
    says: "override-health-check moves the check to a TCP port of the Service: one with UDP ports only gets no load balancer.",
    source: `${CONTROLLER} healthCheckPort`,
  },
  (inputs) => {
    if (annotation(inputs, OVERRIDE) === undefined) {
      return undefined;
    }
    const ports = portsOf(inputs);
    const asked = annotation(inputs, `${PREFIX}healthcheck-port`);
    if (asked === undefined || asked === "") {
      return ports.some(({ protocol }) => protocol === "TCP")
        ? undefined
        : "no health check port of protocol TCP found";
    }
    // The controller looks at the first port of that number.
    const port = ports.find((one) => String(one.port) === asked);
    if (port === undefined) {
      return `specified health check port ${asked} does not exist on the service`;
    }
    return port.protocol === "UDP"
      ? `health check port: ${asked}, cannot be of protocol type UDP`
      : undefined;
  },
);

const protocolIsChecked = requestRule(
  {
    id: "digitalocean-doks-health-check-protocol",
    says: "With override-health-check the protocol of the check is tcp, http or https.",
    source: `${CONTROLLER} healthCheckProtocol`,
  },
  (inputs) => {
    const protocol = annotation(inputs, `${PREFIX}healthcheck-protocol`) ?? "";
    return annotation(inputs, OVERRIDE) !== undefined &&
      !["", "tcp", "http", "https"].includes(protocol)
      ? `invalid protocol "${protocol}" specified in annotation "${PREFIX}healthcheck-protocol"`
      : undefined;
  },
);

const typeIsKnown = requestRule(
  {
    id: "digitalocean-doks-type",
    says: "The type of a load balancer is REGIONAL or REGIONAL_NETWORK, its network EXTERNAL or INTERNAL.",
    source: `${CONTROLLER} getType, getNetwork`,
  },
  (inputs) => {
    const type = annotation(inputs, `${PREFIX}type`) ?? "";
    const network = annotation(inputs, `${PREFIX}network`) ?? "";
    if (!["", "REGIONAL", "REGIONAL_NETWORK"].includes(type)) {
      return "only LB types supported are (REGIONAL, REGIONAL_NETWORK)";
    }
    return ["", "EXTERNAL", "INTERNAL"].includes(network)
      ? undefined
      : "only LB networks supported are (EXTERNAL, INTERNAL)";
  },
);

const protocolIsCarried = requestRule(
  {
    id: "digitalocean-doks-protocol",
    says: "A load balancer carries TCP and UDP, no SCTP.",
    source: `${CONTROLLER} buildForwardingRule, buildRegionalNetworkForwardingRule`,
  },
  (inputs) => {
    const other = portsOf(inputs).find(({ protocol }) => !["TCP", "UDP"].includes(protocol));
    return other && `only TCP or UDP protocol is supported, got: "${other.protocol}"`;
  },
);

const oneSize = requestRule(
  {
    id: "digitalocean-doks-size",
    says: "A load balancer's size is a slug or a number of units, not both.",
    source: `${CONTROLLER} buildLoadBalancerRequestWithNodeState`,
  },
  (inputs) =>
    (annotation(inputs, `${PREFIX}size-slug`) ?? "") !== "" &&
    Number(annotation(inputs, `${PREFIX}size-unit`) ?? 0) > 0
      ? "only one of LB size slug and size unit can be provided"
      : undefined,
);

/** Regional ones go through node ports; without them the rule's target port is 0. */
const regionalNeedsNodePorts = requestRule(
  {
    id: "digitalocean-doks-regional-node-ports",
    says: "A REGIONAL load balancer forwards to node ports: it needs allocateLoadBalancerNodePorts.",
    source: `${CONTROLLER} buildForwardingRule (TargetPort: port.NodePort)`,
  },
  (inputs) =>
    annotation(inputs, `${PREFIX}type`) === "REGIONAL" &&
    valueAt(inputs, "spec.allocateLoadBalancerNodePorts") === false &&
    portsOf(inputs).some(({ nodePort }) => nodePort === undefined)
      ? "the forwarding rule's target port is 0: the service has no node ports"
      : undefined,
);

const IGNORED = ["port", "path", "protocol"].map((part) => `${PREFIX}healthcheck-${part}`);

const ignoredHealthCheck: Rule = {
  id: "digitalocean-doks-health-check-ignored",
  basis: "read",
  stage: "check",
  severity: "warn",
  says: "Port, path and protocol of the health check have no effect without override-health-check: kube-proxy or the Service's health check node port is asked.",
  source: `${CONTROLLER} buildHealthCheck`,
  broken: ({ inputs, scope }) => {
    const [ignored] = IGNORED.filter((key) => annotationsOf(inputs)[key] !== undefined);
    return isDoksLoadBalancer(inputs, scope) &&
      ignored !== undefined &&
      annotation(inputs, OVERRIDE) === undefined
      ? `${ignored} has no effect without ${OVERRIDE}`
      : undefined;
  },
};

export const doksServiceRules: readonly Rule[] = [
  overrideNeedsTcp,
  protocolIsChecked,
  typeIsKnown,
  protocolIsCarried,
  oneSize,
  regionalNeedsNodePorts,
  ignoredHealthCheck,
];

export const doksAddress: Fact = {
  id: "digitalocean-doks-address",
  basis: "read",
  says: "The load balancer's address is in the Service's status and goes with the Service, unless it is disowned: then the load balancer stays, and a Service that names it by load-balancer-id takes it over.",
  source: `${CONTROLLER} EnsureLoadBalancer, EnsureLoadBalancerDeleted, retrieveLoadBalancer`,
};

export const doksTargetPort: Fact = {
  id: "digitalocean-doks-target-port",
  basis: "read",
  says: "A REGIONAL_NETWORK load balancer leaves a packet's port as it is: target port is entry port, and no node port is used.",
  source: `${CONTROLLER} buildRegionalNetworkForwardingRule`,
};

/** Address of the Service's load balancer, stable for its life. */
export function doksIngress(
  inputs: Properties,
  scope: string,
  id: string,
  world: World,
  previous: Properties | undefined,
): string | undefined {
  const kept = textOf(valueAt(previous, "status.loadBalancer.ingress[0].ip"));
  if (kept !== undefined || isDisowned(inputs)) {
    return kept;
  }
  const adopted = balancers(world).find((lb) => lb.id === annotation(inputs, LOAD_BALANCER_ID));
  return (
    textOf(adopted?.outputs.ip) ??
    publicAddress("IPv4", addressesIn(world), scope, id, world.serial)
  );
}

const balancers = (world: World): readonly CloudObject[] =>
  objectsOf(world, DIGITALOCEAN, T.loadBalancer);

/** A load balancer that a Service took over goes with it, too. */
export const adoptedBalancers = (
  { inputs, scope }: CloudObject,
  world: World,
): readonly CloudObject[] =>
  isDoksLoadBalancer(inputs, scope) && !isDisowned(inputs)
    ? balancers(world).filter((lb) => lb.id === annotation(inputs, LOAD_BALANCER_ID))
    : [];

/** The load balancer that stays when its Service goes. */
export function disownedBalancer(service: CloudObject): readonly CloudObject[] {
  const { inputs, outputs, scope, urn } = service;
  const ip = valueAt(outputs, "status.loadBalancer.ingress[0].ip");
  if (!isDoksLoadBalancer(inputs, scope) || !isDisowned(inputs) || ip === undefined) {
    return [];
  }
  const uid = textOf(valueAt(outputs, "metadata.uid")) ?? "";
  const id = annotation(inputs, LOAD_BALANCER_ID) ?? uuid("lb", uid);
  const name = annotation(inputs, `${PREFIX}name`) ?? `a${uid.replaceAll("-", "")}`;
  const kept = { name, forwardingRules: forwardingRules(inputs, outputs) };
  return [
    {
      cloud: DIGITALOCEAN,
      scope: "account",
      type: T.loadBalancer,
      id,
      urn,
      inputs: kept,
      outputs: { ...kept, ip, status: "active" },
    },
  ];
}

/** What the load balancer of a Service forwards. */
export function forwardingRules(inputs: Properties, outputs: Properties): readonly Properties[] {
  const network = annotation(inputs, `${PREFIX}type`) !== "REGIONAL";
  return portsOf(outputs).map(({ port, nodePort, protocol }) => ({
    entryProtocol: protocol.toLowerCase(),
    entryPort: port ?? 0,
    targetProtocol: protocol.toLowerCase(),
    targetPort: (network ? port : nodePort) ?? 0,
  }));
}
