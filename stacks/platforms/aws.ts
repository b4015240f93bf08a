import { Provider } from "@pulumi/aws/provider.js";
import { interpolate, type Output } from "@pulumi/pulumi";
import {
  AwsFargateRelay,
  AwsImageRepository,
  AwsInstanceRelay,
  AwsNetwork,
  AwsStaticIps,
  AwsUdpLoadBalancer,
} from "pulumi-udp/aws";
import { DnsOnlyRecord } from "pulumi-udp/cloudflare";
import type { Endpoint } from "pulumi-udp/endpoint";
import { AwsBackendAccess } from "../../infra/aws-backends.ts";
import { cloudConfig } from "../../infra/cloud-config.ts";
import { kubernetesAt } from "../../infra/kubernetes.ts";
import { type AwsSettings, healthPort, loadBalancerPorts } from "../settings/index.ts";
import { deployDirectory } from "./directory.ts";
import { type Deployed, deployedEndpoints } from "./platform.ts";

type Service = AwsSettings["services"][number];

/** What all parts of the stack have in common. */
interface Place {
  readonly settings: AwsSettings;
  readonly network: AwsNetwork;
  readonly provider: Provider;
}

/**
 * A VPC with a load balancer in front of services on Fargate, an instance with an address of its own
 * where one is asked for, repositories for images, and a security group for backends.
 */
export function deployAws(settings: AwsSettings): Deployed {
  const { tags, backends } = settings;
  // A zone is its region and a letter.
  const region = settings.network.zones[0]?.name.replace(/[a-z]$/, "") ?? "";
  const provider = new Provider("aws", { region });
  const network = new AwsNetwork("edge", { ...settings.network, tags }, { provider });
  const place = { settings, network, provider };

  const lb = loadBalancer(place);
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
  for (const service of settings.services) {
    fargate(service, repositories.get(service.repository ?? ""), lb, place);
  }
  const access =
    backends === undefined
      ? undefined
      : new AwsBackendAccess(
          "backends",
          {
            vpcId: network.vpcId,
            fromSecurityGroupId: lb.targetSecurityGroupId,
            ports: backends,
            tags,
          },
          { provider },
        );
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
    ...(access === undefined ? {} : { backendSecurityGroupId: access.securityGroupId }),
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

function fargate(
  { name, image, tag, ports, repository: _, ...task }: Service,
  repository: AwsImageRepository | undefined,
  lb: AwsUdpLoadBalancer,
  { settings, network, provider }: Place,
): void {
  const { healthCheck, tags } = settings;
  const own = new Set(ports.map((port) => port.name));
  const nat = settings.network.natGateways !== "NONE";
  new AwsFargateRelay(
    name,
    {
      ...task,
      // Of the target groups of all services, this one's.
      targets: lb.targets.apply((all) =>
        all.filter((target) => target.ports.some((port) => own.has(port))),
      ),
      targetSecurityGroupId: lb.targetSecurityGroupId,
      // Without NAT only a public address gets an image.
      subnetIds: nat ? network.privateSubnetIds : network.publicSubnetIds,
      assignPublicIp: !nat,
      ports: ports.some(({ port }) => port === healthCheck.port)
        ? ports
        : [...ports, healthPort(healthCheck)],
      image:
        repository === undefined ? (image ?? "") : interpolate`${repository.repositoryUrl}:${tag}`,
      ...(repository === undefined ? {} : { repositoryArn: repository.repositoryArn }),
      tags,
    },
    { provider },
  );
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
