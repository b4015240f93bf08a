/** A list price with where and when it was read. US dollars. */
export interface Price {
  readonly usd: number;
  readonly per: "hour" | "month";
  readonly source: string;
  /** Year and month in which the source was looked at. */
  readonly read: string;
}

const AWS_NETWORK = "https://cloudburn.io/blog/aws-nat-gateway-pricing";
const FARGATE = "https://www.vantage.sh/blog/fargate-pricing";
const EC2 = "https://cloud-bench.com/blog/aws-t3-micro-vs-t3-small";
const ROUTE53 =
  "https://github.com/api-evangelist/amazon-route53-resolver/blob/main/plans/amazon-route53-resolver-plans-pricing.yml";
const AZURE_LB = "https://c3x.dev/resources/azure/azurerm_lb";
/** The list that came with the change of prices of July 2022, the last one so far. */
const DROPLETS = "https://gist.github.com/colinwilson/cd31bde012f6727b24b2fc4ebee749c0";
const read = "2026-11";
const hourly = (usd: number, source: string): Price => ({ usd, per: "hour", source, read });
const perMonth = (usd: number, source: string): Price => ({ usd, per: "month", source, read });

/**
 * List prices in the cheapest regions of the United States; others cost up to twice as much. What is
 * not here is told as unknown, never guessed.
 */
export const PRICES = {
  "aws NAT gateway": hourly(0.045, AWS_NETWORK),
  "aws public IPv4 address": hourly(0.005, AWS_NETWORK),
  "aws network load balancer": hourly(
    0.0225,
    "https://awsnegotiations.com/elastic-load-balancer-cost.html",
  ),
  "aws fargate vCPU x86_64": hourly(0.04048, FARGATE),
  "aws fargate GB x86_64": hourly(0.004445, FARGATE),
  "aws fargate vCPU arm64": hourly(0.03238, FARGATE),
  "aws fargate GB arm64": hourly(0.00356, FARGATE),
  "aws instance t3.micro": hourly(0.0104, EC2),
  "aws instance t3.small": hourly(0.0208, EC2),
  "aws gp3 disk, GB": perMonth(
    0.08,
    "https://www.saisci.com/aws/gp2-vs-gp3-cost-comparison-ebs-volumes/",
  ),
  // ECS's names in a namespace of Cloud Map cost no more than the zone and its queries:
  // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-discovery.html
  "aws hosted zone": perMonth(0.5, ROUTE53),
  "azure Standard public IPv4 address": hourly(
    0.005,
    "https://c3x.dev/resources/azure/azurerm_public_ip",
  ),
  "azure load balancer, first 5 rules": hourly(0.025, AZURE_LB),
  "azure load balancer, further rule": hourly(0.01, AZURE_LB),
  "azure AKS Standard tier": hourly(
    0.1,
    "https://techmarmot.com/post/6188/architectural-economics-of-azure-kubernetes-service-a-comprehensive-analysis-of-pricing-tiers-resource-consumption-and-cost-optimization-strategies/",
  ),
  "digitalocean assigned reserved IP": perMonth(
    0,
    "https://docs.digitalocean.com/products/networking/floating-ips/",
  ),
  // Basic ones with regular CPUs: a month's price is the most that a month costs.
  "digitalocean droplet s-1vcpu-512mb-10gb": perMonth(4, DROPLETS),
  "digitalocean droplet s-1vcpu-1gb": perMonth(6, DROPLETS),
  "digitalocean droplet s-1vcpu-2gb": perMonth(12, DROPLETS),
  "digitalocean droplet s-2vcpu-2gb": perMonth(18, DROPLETS),
  "digitalocean droplet s-2vcpu-4gb": perMonth(24, DROPLETS),
  "digitalocean droplet s-4vcpu-8gb": perMonth(48, DROPLETS),
  "digitalocean droplet s-8vcpu-16gb": perMonth(96, DROPLETS),
} as const satisfies Readonly<Record<string, Price>>;

export type PriceName = keyof typeof PRICES;

/** Hours that clouds and their calculators take for a month. */
export const HOURS_PER_MONTH = 730;

export function monthly(name: PriceName): number {
  const price: Price = PRICES[name];
  return price.per === "hour" ? price.usd * HOURS_PER_MONTH : price.usd;
}

/** What depends on use, by the type of resource that makes it: told, not counted. */
export const USAGE: Readonly<Record<string, string>> = {
  "aws:ec2/natGateway:NatGateway": `0.045 for each GB through a NAT gateway (${AWS_NETWORK})`,
  "aws:lb/loadBalancer:LoadBalancer":
    "0.006 for each NLCU-hour of a load balancer (https://awsnegotiations.com/elastic-load-balancer-cost.html)",
  "aws:ecr/repository:Repository":
    "0.10 for each GB of images a month (https://cloudburn.io/blog/amazon-ecr-pricing)",
  "aws:cloudwatch/logGroup:LogGroup":
    "0.50 for each GB of logs (https://help-toolz.com/blog/why-your-aws-bill-is-3x-your-estimate)",
  "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": `0.40 for each million queries to a hosted zone (${ROUTE53})`,
  "azure-native:network:PublicIPAddress": `0.005 for each GB through the load balancer (${AZURE_LB})`,
  "digitalocean:index/droplet:Droplet":
    "0.01 for each GiB out, beyond the droplet's share (https://docs.digitalocean.com/products/droplets/details/pricing)",
};
