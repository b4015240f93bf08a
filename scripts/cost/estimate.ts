import { monthly, PRICES, type PriceName, USAGE } from "./prices.ts";

/** A resource as a preview shows it, its inputs as plain values. */
export interface Costing {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** URNs of what each input comes from. */
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
}

/** A line of an estimate. */
export interface CostLine {
  readonly name: string;
  readonly what: string;
  /** US dollars a month; `undefined` where no price is known. */
  readonly monthlyUsd: number | undefined;
}

export interface Estimate {
  readonly lines: readonly CostLine[];
  /** Sum of the lines that have a price. */
  readonly monthlyUsd: number;
  /** What use costs on top, in words. */
  readonly usage: readonly string[];
}

/** Types of which the cloud asks nothing: they configure what is paid for elsewhere. */
const FREE = [
  /^pulumi:providers:/,
  /^cloudflare:index\/dnsRecord:/,
  /^udp-(local|ports):/,
  /^kubernetes:/,
  /^aws:ec2\/(vpc|subnet|routeTable|route|routeTableAssociation|internetGateway|egressOnlyInternetGateway|defaultSecurityGroup|securityGroup|eipAssociation):/,
  /^aws:vpc\/securityGroup(In|E)gressRule:/,
  /^aws:lb\/(listener|targetGroup|targetGroupAttachment):/,
  /^aws:ecs\/(cluster|taskDefinition):/,
  /^aws:iam\//,
  /^aws:servicediscovery\/service:/,
  /^aws:ecr\/lifecyclePolicy:/,
  /^azure-native:(authorization:RoleAssignment|resources:ResourceGroup|managedidentity:|network:(VirtualNetwork|Subnet)$)/,
  /^digitalocean:index\/(firewall|tag|projectResources|reservedIpAssignment):/,
];

/** What a stack's resources cost a month by list price, without what use costs. */
export function estimate(resources: readonly Costing[]): Estimate {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const lines = [
    ...resources.flatMap((resource) => linesOf(resource, byUrn)),
    ...azureRules(resources),
  ];
  const types = new Set(resources.map(({ type }) => type));
  return {
    lines,
    monthlyUsd: lines.reduce((sum, { monthlyUsd = 0 }) => sum + monthlyUsd, 0),
    usage: Object.entries(USAGE).flatMap(([type, text]) => (types.has(type) ? [text] : [])),
  };
}

function linesOf(resource: Costing, byUrn: ReadonlyMap<string, Costing>): CostLine[] {
  const { type, name, inputs } = resource;
  const priced = (price: PriceName, count = 1, what: string = price): CostLine => ({
    ...{ name, what },
    monthlyUsd: monthly(price) * count,
  });
  switch (type) {
    case "aws:ec2/natGateway:NatGateway":
      return [priced("aws NAT gateway")];
    case "aws:ec2/eip:Eip":
      return [priced("aws public IPv4 address")];
    case "aws:lb/loadBalancer:LoadBalancer":
      return [priced("aws network load balancer")];
    case "aws:ecs/service:Service":
      return fargate(resource, byUrn);
    case "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace":
      return [priced("aws hosted zone")];
    case "aws:ec2/instance:Instance":
      return [named(name, `aws instance ${inputs.instanceType}`), ...disk(resource)];
    case "aws:ec2/vpcEndpoint:VpcEndpoint":
      // A gateway endpoint costs nothing, the other kinds do.
      return inputs.vpcEndpointType === undefined || inputs.vpcEndpointType === "Gateway"
        ? []
        : [named(name, `aws ${inputs.vpcEndpointType} endpoint`)];
    case "aws:ecr/repository:Repository":
    case "aws:cloudwatch/logGroup:LogGroup":
      return []; // by use only
    case "azure-native:network:PublicIPAddress":
      return inputs.publicIPAddressVersion === "IPv6"
        ? []
        : [priced("azure Standard public IPv4 address")];
    case "azure-native:containerservice:ManagedCluster":
      return cluster(resource);
    case "digitalocean:index/reservedIp:ReservedIp":
      return [priced("digitalocean assigned reserved IP")];
    case "digitalocean:index/droplet:Droplet":
      return [named(name, `digitalocean droplet ${inputs.size}`)];
    default:
      return FREE.some((free) => free.test(type)) ? [] : [named(name, type)];
  }
}

/** A line whose price may not be in the table. */
function named(name: string, what: string, count = 1): CostLine {
  const known = Object.hasOwn(PRICES, what);
  return { name, what, monthlyUsd: known ? monthly(what as PriceName) * count : undefined };
}

/** Tasks by the size of their definition, and their addresses if they have public ones. */
function fargate(service: Costing, byUrn: ReadonlyMap<string, Costing>): CostLine[] {
  const { name, inputs, propertyDependencies } = service;
  const definition = (propertyDependencies.taskDefinition ?? [])
    .map((urn) => byUrn.get(urn))
    .find((one) => one?.type === "aws:ecs/taskDefinition:TaskDefinition");
  const count = Number(inputs.desiredCount ?? 1);
  const cpu = Number(definition?.inputs.cpu) / 1024;
  const gigabytes = Number(definition?.inputs.memory) / 1024;
  if (!(cpu > 0 && gigabytes > 0)) {
    return [{ name, what: `aws fargate, ${count} tasks`, monthlyUsd: undefined }];
  }
  const { runtimePlatform, networkConfiguration } = {
    runtimePlatform: definition?.inputs.runtimePlatform as { cpuArchitecture?: string } | undefined,
    networkConfiguration: inputs.networkConfiguration as { assignPublicIp?: boolean } | undefined,
  };
  const kind = runtimePlatform?.cpuArchitecture === "ARM64" ? "arm64" : "x86_64";
  const each =
    cpu * monthly(`aws fargate vCPU ${kind}`) + gigabytes * monthly(`aws fargate GB ${kind}`);
  const tasks: CostLine = {
    name,
    what: `aws fargate, ${count} × ${cpu} vCPU, ${gigabytes} GB, ${kind}`,
    monthlyUsd: each * count,
  };
  return networkConfiguration?.assignPublicIp
    ? [tasks, named(name, "aws public IPv4 address", count)]
    : [tasks];
}

function disk({ name, inputs }: Costing): CostLine[] {
  const { rootBlockDevice = {} } = inputs as {
    rootBlockDevice?: { volumeSize?: number; volumeType?: string };
  };
  const { volumeSize = 0, volumeType } = rootBlockDevice;
  return volumeSize === 0
    ? []
    : [
        {
          ...named(name, `aws ${volumeType} disk, GB`, volumeSize),
          what: `aws ${volumeType} disk, ${volumeSize} GB`,
        },
      ];
}

function cluster({ name, inputs }: Costing): CostLine[] {
  const { sku, agentPoolProfiles } = inputs as {
    sku?: { tier?: string };
    agentPoolProfiles?: readonly { count?: number; vmSize?: string }[];
  };
  const nodes = (agentPoolProfiles ?? []).map(({ count = 1, vmSize }) =>
    named(name, `azure nodes, ${count} × ${vmSize}`),
  );
  return sku?.tier === undefined || sku.tier === "Free"
    ? nodes
    : [named(name, `azure AKS ${sku.tier} tier`), ...nodes];
}

/**
 * Rules that Services make on the cluster's load balancer: one for each port. Five are in its base
 * price, which a cluster with other Services pays already.
 */
function azureRules(resources: readonly Costing[]): CostLine[] {
  const rules = resources.reduce((sum, { type, inputs }) => {
    const { metadata, spec } = inputs as {
      metadata?: { annotations?: Readonly<Record<string, unknown>> };
      spec?: { type?: string; ports?: readonly unknown[] };
    };
    const azure = Object.keys(metadata?.annotations ?? {}).some((key) =>
      key.startsWith("service.beta.kubernetes.io/azure-"),
    );
    const published =
      type === "kubernetes:core/v1:Service" && spec?.type === "LoadBalancer" && azure;
    return sum + (published ? (spec.ports?.length ?? 0) : 0);
  }, 0);
  if (rules === 0) {
    return [];
  }
  const further = Math.max(0, rules - 5);
  return [
    {
      name: "cluster's load balancer",
      what: `azure load balancer, ${rules} rules`,
      monthlyUsd:
        monthly("azure load balancer, first 5 rules") +
        further * monthly("azure load balancer, further rule"),
    },
  ];
}
