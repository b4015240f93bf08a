import type { Properties } from "../../../components/provider/index.ts";
import { mapOf } from "../../cloud/paths.ts";
import type { Rule } from "../../cloud/rule.ts";
import { forceNew } from "../bridged.ts";
import { all, byId, T, usersOf } from "./objects.ts";

const CLOUD_MAP = "https://docs.aws.amazon.com/cloud-map/latest/api";

export const namespaceTaken: Rule = {
  id: "aws-namespace-taken",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A VPC has a private namespace of a name once.",
  source:
    "https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html ConflictingDomainExists",
  broken: ({ inputs, world, id }) =>
    all(world, T.namespace).some(
      (other) =>
        other.id !== id && other.inputs.name === inputs.name && other.inputs.vpc === inputs.vpc,
    )
      ? `ConflictingDomainExists: The VPC ${inputs.vpc} has already been associated with the hosted zone of the domain name ${inputs.name}.`
      : undefined,
};

export const namesResolve: Rule = {
  id: "aws-private-names-resolve",
  basis: "read",
  stage: "write",
  severity: "warn",
  says: "Names of a private namespace resolve in a VPC with enableDnsSupport and enableDnsHostnames only.",
  source:
    "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-creating.html",
  broken: ({ inputs, world }) => {
    const vpc = byId(world, T.vpc, inputs.vpc)?.inputs;
    // AWS has the first of the two on by itself, the second off.
    return vpc && (vpc.enableDnsSupport === false || vpc.enableDnsHostnames !== true)
      ? `the VPC has enableDnsSupport or enableDnsHostnames off: no name of ${inputs.name} resolves in it`
      : undefined;
  },
};

export const registryTaken: Rule = {
  id: "aws-registry-taken",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A namespace has a name once.",
  source: `${CLOUD_MAP}/API_CreateService.html ServiceAlreadyExists`,
  broken: ({ inputs, world, id }) => {
    const namespaceId = namespaceOf(inputs);
    return all(world, T.registry).some(
      (other) =>
        other.id !== id &&
        other.inputs.name === inputs.name &&
        namespaceOf(other.inputs) === namespaceId,
    )
      ? `ServiceAlreadyExists: Service with name ${inputs.name} already exists in namespace ${namespaceId}`
      : undefined;
  },
};

export const healthIsTold: Rule = {
  id: "aws-registry-health",
  basis: "read",
  stage: "write",
  severity: "warn",
  says: "Without healthCheckCustomConfig answers have tasks that do not work; an empty block is dropped on its way.",
  source:
    "https://docs.aws.amazon.com/cloud-map/latest/dg/services-health-checks.html; pulumi/pulumi-aws#6289; hashicorp/terraform-provider-aws#44285",
  broken: ({ inputs }) =>
    mapOf(inputs.healthCheckCustomConfig).failureThreshold === undefined
      ? `nobody tells which instances of ${inputs.name} work: give healthCheckCustomConfig with a failureThreshold of 1`
      : undefined,
};

export const registryInUse: Rule = {
  id: "aws-registry-in-use",
  basis: "read",
  stage: "delete",
  severity: "refuse",
  says: "A name with registered instances, or a namespace with names, cannot be deleted; forceDestroy takes the instances out first.",
  source: `${CLOUD_MAP}/API_DeleteService.html ResourceInUse; API_DeleteNamespace; hashicorp/terraform-provider-aws#4853`,
  broken: (subject) =>
    subject.inputs.forceDestroy !== true && usersOf(subject).length > 0
      ? `ResourceInUse: ${subject.id} contains registered instances or services; delete them before deleting it`
      : undefined,
};

export const namespaceOf = (inputs: Properties) =>
  mapOf(inputs.dnsConfig).namespaceId ?? inputs.namespaceId;

const immutable = forceNew(
  "hashicorp/terraform-provider-aws internal/service/servicediscovery",
  "read",
);

export const namespaceImmutable = immutable(
  "aws-namespace-immutable",
  "A change of name or VPC replaces a namespace.",
  ["name", "vpc"],
  "private_dns_namespace.go",
);
export const registryImmutable = immutable(
  "aws-registry-immutable",
  "A change of name, namespace, routing policy or custom health check replaces a name.",
  [
    "dnsConfig.namespaceId",
    "dnsConfig.routingPolicy",
    "healthCheckCustomConfig",
    "name",
    "namespaceId",
    "type",
  ],
  "service.go",
);
