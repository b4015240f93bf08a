import { DefaultSecurityGroup } from "@pulumi/aws/ec2/defaultSecurityGroup.js";
import { EgressOnlyInternetGateway } from "@pulumi/aws/ec2/egressOnlyInternetGateway.js";
import { Eip } from "@pulumi/aws/ec2/eip.js";
import { InternetGateway } from "@pulumi/aws/ec2/internetGateway.js";
import { NatGateway } from "@pulumi/aws/ec2/natGateway.js";
import { Route } from "@pulumi/aws/ec2/route.js";
import { RouteTable } from "@pulumi/aws/ec2/routeTable.js";
import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation.js";
import { Subnet } from "@pulumi/aws/ec2/subnet.js";
import { Vpc } from "@pulumi/aws/ec2/vpc.js";
import { VpcEndpoint } from "@pulumi/aws/ec2/vpcEndpoint.js";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from "@pulumi/pulumi";
import { tagged } from "./names.ts";
import {
  type AwsNetworkArgs,
  type CheckedNetwork,
  checkNetworkArgs,
  NatGateways,
} from "./network-args.ts";
import { ipv6Subnet } from "./subnets.ts";

const ANYWHERE = "0.0.0.0/0";
const ANYWHERE_V6 = "::/0";

/**
 * A VPC with a public and a private subnet in each zone, an Internet gateway, and as much NAT as
 * was asked for. The default security group, which AWS makes and nobody should use, is emptied.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/how-it-works.html
 */
export class AwsNetwork extends ComponentResource {
  /** Identifier of the VPC. */
  readonly vpcId: Output<string>;
  /** IPv4 network of the VPC. */
  readonly cidrBlock: Output<string>;
  /** Names of the zones, in order. */
  readonly availabilityZones: readonly string[];
  /** The public subnets, one a zone. What is in them waits for the route to the Internet. */
  readonly publicSubnetIds: Output<readonly string[]>;
  /** The private subnets, one a zone. What is in them waits for its way out, where there is one. */
  readonly privateSubnetIds: Output<readonly string[]>;

  readonly #tags: Readonly<Record<string, string>> | undefined;

  /**
   * @param name Unique among the program's components; children are named `<name>-vpc`,
   * `<name>-public-<zone>` and so on.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: AwsNetworkArgs, opts?: ComponentResourceOptions) {
    const checked = checkNetworkArgs(args);
    super("pulumi-udp:aws:AwsNetwork", name, {}, opts);
    this.#tags = args.tags;

    const vpc = new Vpc(
      `${name}-vpc`,
      {
        cidrBlock: checked.cidrBlock,
        enableDnsSupport: true,
        enableDnsHostnames: true,
        ...(checked.ipv6 ? { assignGeneratedIpv6CidrBlock: true } : {}),
        tags: tagged(name, args.tags),
      },
      { parent: this },
    );
    new DefaultSecurityGroup(
      `${name}-default`,
      { vpcId: vpc.id, tags: tagged(`${name}-default-unused`, args.tags) },
      { parent: this },
    );

    this.vpcId = vpc.id;
    this.cidrBlock = vpc.cidrBlock;
    this.availabilityZones = checked.zones.map((zone) => zone.name);
    const publicSubnets = this.#publicSubnets(name, checked, vpc);
    const privateSubnets = this.#privateSubnets(name, checked, vpc, publicSubnets);
    this.#gatewayEndpoints(name, checked, vpc, [...publicSubnets, ...privateSubnets]);
    this.publicSubnetIds = reachable(publicSubnets);
    this.privateSubnetIds = reachable(privateSubnets);
    this.registerOutputs({
      vpcId: this.vpcId,
      cidrBlock: this.cidrBlock,
      availabilityZones: this.availabilityZones,
      publicSubnetIds: this.publicSubnetIds,
      privateSubnetIds: this.privateSubnetIds,
    });
  }

  #publicSubnets(name: string, { zones, ipv6 }: CheckedNetwork, vpc: Vpc): ConnectedSubnet[] {
    const gateway = new InternetGateway(
      `${name}-internet`,
      { vpcId: vpc.id, tags: tagged(name, this.#tags) },
      { parent: this },
    );
    const table = this.#routeTable(`${name}-public`, vpc);
    const routes = [
      new Route(
        `${name}-public-out`,
        { routeTableId: table.id, destinationCidrBlock: ANYWHERE, gatewayId: gateway.id },
        { parent: this },
      ),
    ];
    if (ipv6) {
      routes.push(
        new Route(
          `${name}-public-out6`,
          { routeTableId: table.id, destinationIpv6CidrBlock: ANYWHERE_V6, gatewayId: gateway.id },
          { parent: this },
        ),
      );
    }
    return zones.map((zone, index) => {
      const subnet = this.#subnet(`${name}-public-${zone.name}`, vpc, {
        zone: zone.name,
        cidr: zone.publicCidr,
        ipv6: ipv6 ? 2 * index + 1 : undefined,
      });
      return {
        subnet,
        table,
        association: this.#associate(subnet, table, zone.name, `${name}-public`),
        routes,
      };
    });
  }

  #privateSubnets(
    name: string,
    { zones, ipv6, natGateways }: CheckedNetwork,
    vpc: Vpc,
    publicSubnets: readonly ConnectedSubnet[],
  ): ConnectedSubnet[] {
    const egressOnly = ipv6
      ? new EgressOnlyInternetGateway(
          `${name}-egress6`,
          { vpcId: vpc.id, tags: tagged(name, this.#tags) },
          { parent: this },
        )
      : undefined;
    const nats = publicSubnets
      .slice(0, natCount(natGateways, zones.length))
      .map((place, index) => this.#nat(`${name}-${zones[index]?.name}`, place));
    return zones.map((zone, index) => {
      const own = `${name}-private-${zone.name}`;
      const table = this.#routeTable(own, vpc);
      const routes: Route[] = [];
      const nat = nats[index] ?? nats[0];
      if (nat !== undefined) {
        routes.push(
          new Route(
            `${name}-private-${zone.name}-out`,
            { routeTableId: table.id, destinationCidrBlock: ANYWHERE, natGatewayId: nat.id },
            { parent: this },
          ),
        );
      }
      if (egressOnly !== undefined) {
        routes.push(
          new Route(
            `${name}-private-${zone.name}-out6`,
            {
              routeTableId: table.id,
              destinationIpv6CidrBlock: ANYWHERE_V6,
              egressOnlyGatewayId: egressOnly.id,
            },
            { parent: this },
          ),
        );
      }
      const subnet = this.#subnet(own, vpc, {
        zone: zone.name,
        cidr: zone.privateCidr,
        ipv6: ipv6 ? 2 * index + 2 : undefined,
      });
      return {
        subnet,
        table,
        association: this.#associate(subnet, table, zone.name, `${name}-private`),
        routes,
      };
    });
  }

  #subnet(
    name: string,
    vpc: Vpc,
    {
      zone,
      cidr,
      ipv6,
    }: { readonly zone: string; readonly cidr: string; readonly ipv6: number | undefined },
  ): Subnet {
    return new Subnet(
      `${name}-subnet`,
      {
        vpcId: vpc.id,
        availabilityZone: zone,
        cidrBlock: cidr,
        // Whoever needs a public address takes one of its own.
        mapPublicIpOnLaunch: false,
        ...(ipv6 === undefined
          ? {}
          : {
              ipv6CidrBlock: vpc.ipv6CidrBlock.apply((block) => ipv6Subnet(block, ipv6)),
              assignIpv6AddressOnCreation: true,
            }),
        tags: tagged(name, this.#tags),
      },
      { parent: this },
    );
  }

  #routeTable(name: string, vpc: Vpc): RouteTable {
    return new RouteTable(
      `${name}-routes`,
      { vpcId: vpc.id, tags: tagged(name, this.#tags) },
      { parent: this },
    );
  }

  #associate(subnet: Subnet, table: RouteTable, zone: string, name: string): RouteTableAssociation {
    return new RouteTableAssociation(
      `${name}-${zone}-routes`,
      { subnetId: subnet.id, routeTableId: table.id },
      { parent: this },
    );
  }

  #nat(name: string, place: ConnectedSubnet): NatGateway {
    const ip = new Eip(
      `${name}-nat-ip`,
      { domain: "vpc", tags: tagged(`${name}-nat`, this.#tags) },
      { parent: this },
    );
    return new NatGateway(
      `${name}-nat`,
      {
        allocationId: ip.allocationId,
        subnetId: place.subnet.id,
        tags: tagged(`${name}-nat`, this.#tags),
      },
      // AWS makes no NAT gateway in a VPC without a way out.
      { parent: this, dependsOn: [...place.routes] },
    );
  }

  #gatewayEndpoints(
    name: string,
    { gatewayEndpoints, region }: CheckedNetwork,
    vpc: Vpc,
    subnets: readonly ConnectedSubnet[],
  ): void {
    if (!gatewayEndpoints) {
      return;
    }
    const routeTableIds = [...new Set(subnets.map(({ table }) => table))].map(({ id }) => id);
    for (const service of ["s3", "dynamodb"]) {
      new VpcEndpoint(
        `${name}-${service}`,
        {
          vpcId: vpc.id,
          vpcEndpointType: "Gateway",
          serviceName: `com.amazonaws.${region}.${service}`,
          routeTableIds,
          tags: tagged(`${name}-${service}`, this.#tags),
        },
        { parent: this },
      );
    }
  }
}

/** A subnet with what makes it reach anything. */
interface ConnectedSubnet {
  readonly subnet: Subnet;
  readonly table: RouteTable;
  readonly association: RouteTableAssociation;
  readonly routes: readonly Route[];
}

function natCount(nats: NatGateways, zones: number): number {
  return { [NatGateways.None]: 0, [NatGateways.Single]: 1, [NatGateways.PerZone]: zones }[nats];
}

/** Subnet identifiers whose users wait for the routes: URNs are known in a preview, as ids may be. */
function reachable(subnets: readonly ConnectedSubnet[]): Output<readonly string[]> {
  return output(
    subnets.map(({ subnet, association, routes }) =>
      all([subnet.id, association.urn, ...routes.map(({ urn }) => urn)]).apply(([id]) =>
        String(id),
      ),
    ),
  );
}
