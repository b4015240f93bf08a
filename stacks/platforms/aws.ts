import { Provider } from "@pulumi/aws/provider.js";
import { interpolate, type Output } from "@pulumi/pulumi";
import {
  AwsBackendAccess,
  type AwsBackendPortArgs,
  AwsFargateBackend,
  AwsFargateRelay,
  AwsImageRepository,
  AwsInstanceRelay,
  AwsNetwork,
  AwsPrivateNamespace,
  AwsStaticIps,
  AwsUdpLoadBalancer,
} from "pulumi-udp/aws";
import { DnsOnlyRecord } from "pulumi-udp/cloudflare";
import type { Endpoint } from "pulumi-udp/endpoint";
import { cloudConfig } from "../../infra/cloud-config.ts";
import { kubernetesAt } from "../../infra/kubernetes.ts";
import { type AwsSettings, healthPort, loadBalancerPorts } from "../settings/index.ts";
import { deployDirectory } from "./directory.ts";
import { type Deployed, deployedEndpoints } from "./platform.ts";

type Workload = Omit<AwsSettings["services" | "backendServices"][number], "ports">;

/** What all parts of the stack have in common. */
interface Place {
  readonly settings: AwsSettings;
  readonly network: AwsNetwork;
  readonly provider: Provider;
  readonly repositories: ReadonlyMap<string, AwsImageRepository>;
}

/**
 * A VPC with a load balancer in front of services on Fargate, backends that those find by name, an
 * instance with an address of its own where one is asked for, and repositories for images.
 */
export function deployAws(settings: AwsSettings): Deployed {
  const { tags } = settings;
  // A zone is its region and a letter.
  const region = settings.network.zones[0]?.name.replace(/[a-z]$/, "") ?? "";
  const provider = new Provider("aws", { region });
  const network = new AwsNetwork("edge", { ...settings.network, tags }, { provider });
  const repositories = new Map(
    settings.repositories.map((repositoryName) => [
      repositoryName,
      new AwsImageRepository(
        repositoryName.replaceAll("/", "-"),
        { repositoryName, tags },
        { provider },
      ),
    ]),
  );
  const place = { settings, network, provider, repositories };

  const lb = loadBalancer(place);
  for (const service of settings.services) {
    fargate(service, lb, place);
  }
  const deployed = deployedEndpoints({
    services: lb.endpoint,
    ...(settings.instance === undefined ? {} : { instance: instance(settings.instance, place) }),
  });
  return {
    ...deployed,
    ...listed(settings.directory, deployed.endpoints),
    repositories: Object.fromEntries(
      [...repositories].map(([name, { repositoryUrl }]) => [name, repositoryUrl]),
    ),
    ...backends(lb, place),
  };
}

/** The directory of all endpoints, on the cluster that is named for it. */
function listed(
  directory: AwsSettings["directory"],
  endpoints: Readonly<Record<string, Output<Endpoint>>>,
): Pick<Deployed, "directory"> {
  if (directory === undefined) {
    return {};
  }
  const { cluster, ...settings } = directory;
  const provider = kubernetesAt("directory-cluster", cluster);
  return { directory: deployDirectory(settings, endpoints, provider).url };
}

function loadBalancer({ settings, network, provider }: Place): AwsUdpLoadBalancer {
  const { tags, protect, dns, healthCheck, sourceRanges } = settings;
  const count = settings.network.zones.length;
  const ips = new AwsStaticIps("edge", { count, tags }, { provider, protect });
  const lb = new AwsUdpLoadBalancer(
    "edge",
    {
      vpcId: network.vpcId,
      subnetIds: network.publicSubnetIds,
      addresses: ips.addresses,
      ports: loadBalancerPorts(settings),
      healthCheck,
      tags,
      ...(sourceRanges === undefined ? {} : { sourceRanges }),
    },
    { provider },
  );
  if (dns !== undefined) {
    new DnsOnlyRecord("edge", { ...dns, endpoint: lb.endpoint, addressesPerType: count });
  }
  return lb;
}

/** Where tasks stand, and what they run. */
function task({ name: _, image, repository, tag, ...rest }: Workload, place: Place) {
  const { settings, network, repositories } = place;
  const nat = settings.network.natGateways !== "NONE";
  const own = repositories.get(repository ?? "");
  return {
    ...rest,
    // Without NAT only a public address gets an image.
    subnetIds: nat ? network.privateSubnetIds : network.publicSubnetIds,
    assignPublicIp: !nat,
    image: own === undefined ? (image ?? "") : interpolate`${own.repositoryUrl}:${tag}`,
    ...(own === undefined ? {} : { repositoryArn: own.repositoryArn }),
    tags: settings.tags,
  };
}

function fargate(
  { ports, ...service }: AwsSettings["services"][number],
  lb: AwsUdpLoadBalancer,
  place: Place,
): void {
  const { healthCheck } = place.settings;
  const own = new Set(ports.map((port) => port.name));
  new AwsFargateRelay(
    service.name,
    {
      ...task(service, place),
      // Of the target groups of all services, this one's.
      targets: lb.targets.apply((all) =>
        all.filter((target) => target.ports.some((port) => own.has(port))),
      ),
      targetSecurityGroupId: lb.targetSecurityGroupId,
      ports: ports.some(({ port }) => port === healthCheck.port)
        ? ports
        : [...ports, healthPort(healthCheck)],
    },
    { provider: place.provider },
  );
}

/** What the services reach inside the VPC: a group for it, and workloads in the group. */
function backends(
  lb: AwsUdpLoadBalancer,
  place: Place,
): Pick<Deployed, "backendSecurityGroupId" | "backendHostnames"> {
  const { settings, network, provider } = place;
  const { backendServices, backendDomain: domain, tags } = settings;
  const ports = unique([
    ...(settings.backends ?? []),
    ...backendServices.flatMap((service) => service.ports),
  ]);
  if (ports.length === 0) {
    return {};
  }
  const { vpcId } = network;
  const { securityGroupId } = new AwsBackendAccess(
    "backends",
    { vpcId, fromSecurityGroupId: lb.targetSecurityGroupId, ports, tags },
    { provider },
  );
  const group = { backendSecurityGroupId: securityGroupId };
  if (backendServices.length === 0) {
    return group;
  }
  const { namespace } = new AwsPrivateNamespace("backends", { vpcId, domain, tags }, { provider });
  const hostnames = backendServices.map(({ ports: own, healthCommand, ...service }) => {
    const { hostname } = new AwsFargateBackend(
      service.name,
      {
        ...task(service, place),
        ports: own,
        namespace,
        securityGroupId,
        ...(healthCommand === undefined ? {} : { healthCommand }),
      },
      { provider },
    );
    return [service.name, hostname] as const;
  });
  return { ...group, backendHostnames: Object.fromEntries(hostnames) };
}

/** Each port and protocol once. */
function unique(ports: readonly AwsBackendPortArgs[]): readonly AwsBackendPortArgs[] {
  return [...new Map(ports.map((one) => [`${one.protocol} ${one.port}`, one])).values()];
}

function instance(
  { server, dns, ...relay }: NonNullable<AwsSettings["instance"]>,
  { settings, network, provider }: Place,
): Output<Endpoint> {
  const { tags, protect } = settings;
  const ips = new AwsStaticIps("instance", { tags }, { provider, protect });
  const { endpoint } = new AwsInstanceRelay(
    "instance",
    {
      ...relay,
      vpcId: network.vpcId,
      subnetId: network.publicSubnetIds.apply(([first]) => first ?? ""),
      address: ips.addresses.apply(([first]) => first ?? { allocationId: "", ipAddress: "" }),
      tags,
      ...(server === undefined ? {} : { userData: cloudConfig(server) }),
    },
    { provider },
  );
  if (dns !== undefined) {
    new DnsOnlyRecord("instance", { ...dns, endpoint });
  }
  return endpoint;
}
