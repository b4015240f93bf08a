import { sameValue, type Value } from "../../../components/provider/index.ts";
import type { ImmutableFact } from "../../cloud/fact.ts";
import { textOf, valueAt } from "../../cloud/paths.ts";
import { quota } from "../../cloud/quota.ts";
import type { Rule, RuleSubject } from "../../cloud/rule.ts";
import { type CloudObject, objectsOf } from "../../cloud/world.ts";
import { findGroup } from "./clusters.ts";
import { CLOUD, covers, sameId } from "./resource-ids.ts";

export const PUBLIC_IP = "azure-native:network:PublicIPAddress";
export const RESOURCE_GROUP = "azure-native:resources:ResourceGroup";
export const USER_IDENTITY = "azure-native:managedidentity:UserAssignedIdentity";
export const ROLE_ASSIGNMENT = "azure-native:authorization:RoleAssignment";

const existing = ({ world, id, exists }: RuleSubject): CloudObject | undefined =>
  exists ? world.objects.find((object) => sameId(object.id, id)) : undefined;

export const stored = (subject: RuleSubject, type: string): readonly CloudObject[] =>
  objectsOf(subject.world, CLOUD, type).filter((object) => !sameId(object.id, subject.id));

export const alreadyExists: Rule = {
  id: "azure-already-exists",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "Creating something under an identifier that is taken fails instead of adopting it.",
  source: "pulumi/pulumi-azure-native provider/pkg/provider/provider.go, Create",
  broken: ({ world, id, exists }) =>
    !exists && world.objects.some((object) => object.cloud === CLOUD && sameId(object.id, id))
      ? `cannot create already existing resource '${id}'`
      : undefined,
};

export const locationRequired: Rule = {
  id: "azure-group-location-required",
  basis: "recalled",
  stage: "check",
  severity: "refuse",
  says: "A resource group needs a location, of its own or from azure-native:location.",
  source: "https://learn.microsoft.com/rest/api/resources/resource-groups/create-or-update",
  broken: ({ inputs }) =>
    inputs.location === undefined
      ? {
          property: "location",
          reason: 'missing required property "location": set it, or azure-native:location',
        }
      : undefined,
};

export const groupExists: Rule = {
  id: "azure-group-exists",
  basis: "recalled",
  stage: "write",
  severity: "refuse",
  says: "The resource group that a resource names has to exist.",
  source:
    "https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-not-found",
  broken: ({ inputs, world }) => {
    const group = textOf(inputs.resourceGroupName) ?? "";
    return findGroup(world, group) === undefined
      ? `Code="ResourceGroupNotFound" Message="Resource group '${group}' could not be found."`
      : undefined;
  },
};

export const groupDeleteBlocked: Rule = {
  id: "azure-group-delete-blocked",
  basis: "recalled",
  stage: "delete",
  severity: "refuse",
  says: "Deleting a resource group deletes all that it holds, and fails while something outside uses one of those things.",
  source:
    "https://learn.microsoft.com/azure/azure-resource-manager/management/delete-resource-group",
  broken: ({ id, world }) => {
    const held = world.objects.filter(
      (object) => object.cloud === CLOUD && !sameId(object.id, id) && covers(id, object.id),
    );
    const blocked = held.find((object) => userOf(world.objects, object.id) !== undefined);
    return blocked === undefined
      ? undefined
      : `Code="ResourceGroupDeletionBlocked" Message="Deletion of resource group '${id}' failed as resource '${blocked.id}' could not be deleted: it is still allocated to ${userOf(world.objects, blocked.id)?.id}."`;
  },
};

const userOf = (objects: readonly CloudObject[], id: string): CloudObject | undefined =>
  objects.find((object) => object.uses?.some((used) => sameId(used, id)));

export const standardIsStatic: Rule = {
  id: "azure-pip-standard-static",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A public IP of the Standard SKU has static allocation.",
  source: "https://learn.microsoft.com/azure/virtual-network/ip-services/public-ip-addresses#sku",
  broken: ({ inputs }) =>
    textOf(valueAt(inputs, "sku.name"))?.startsWith("Standard") &&
    inputs.publicIPAllocationMethod !== "Static"
      ? "Standard sku publicIp must have AllocationMethod set to Static."
      : undefined,
};

export const basicIsRetired: Rule = {
  id: "azure-pip-basic-retired",
  basis: "recalled",
  stage: "write",
  severity: "refuse",
  says: "No new public IP of the Basic SKU, which is also what leaving the SKU out asks for.",
  source:
    "https://learn.microsoft.com/azure/virtual-network/ip-services/public-ip-basic-upgrade-guidance",
  broken: ({ inputs, exists }) => {
    const sku = valueAt(inputs, "sku.name") ?? "Basic";
    return !exists && sku === "Basic"
      ? "Basic SKU public IP addresses can no longer be created: set sku.name to Standard."
      : undefined;
  },
};

export const publicIpQuota = quota({
  id: "azure-pip-quota",
  basis: "read",
  says: "A subscription has 10 Standard public addresses in a region, one of an Enterprise Agreement 1000.",
  source:
    "MicrosoftDocs/azure-docs includes/azure-virtual-network-limits.md, Public IP address limits",
  limit: 10,
  others: (subject) =>
    stored(subject, PUBLIC_IP).filter(
      ({ inputs }) => locationOf(inputs, subject) === locationOf(subject.inputs, subject),
    ).length,
  answer: (limit) =>
    `Code="PublicIPCountLimitReached" Message="Cannot create more than ${limit} public IP addresses for this subscription in this region."`,
});

/** What an update cannot change. The provider does try: the API is what refuses. */
export const publicIpFixed: Rule = {
  id: "azure-pip-fixed",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "SKU, zones and IP version of a public IP cannot be changed; the update fails, nothing is replaced.",
  source:
    "https://github.com/Azure/azure-cli/issues/16653 (zones), https://github.com/Azure/azure-cli/issues/12570 (SKU)",
  broken: (subject) => {
    const old = existing(subject)?.inputs;
    const changed = ["sku.name", "zones", "publicIPAddressVersion"].find(
      (path) => old !== undefined && !sameValue(valueAt(old, path), valueAt(subject.inputs, path)),
    );
    return changed === undefined
      ? undefined
      : `Resource ${subject.id} has an existing ${changed} that cannot be changed once the resource is created.`;
  },
};

export const publicIpInUse: Rule = {
  id: "azure-pip-in-use",
  basis: "read",
  stage: "delete",
  severity: "refuse",
  says: "A public IP cannot be deleted while a load balancer's frontend uses it.",
  source: "https://github.com/hashicorp/terraform-provider-azurerm/issues/2566",
  broken: ({ id, world }) => {
    const user = userOf(world.objects, id);
    return user === undefined
      ? undefined
      : `Code="PublicIPAddressCannotBeDeleted" Message="Public IP address ${id} can not be deleted since it is still allocated to resource ${user.id}."`;
  },
};

export const idleTimeoutRange: Rule = {
  id: "azure-pip-idle-timeout",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "The idle timeout of a public IP is 4 to 30 minutes, of an IPv6 one always 4.",
  source:
    "https://learn.microsoft.com/azure/virtual-network/ip-services/public-ip-addresses#sku, #limitations-for-ipv6",
  broken: ({ inputs }) => {
    const minutes = inputs.idleTimeoutInMinutes;
    const most = inputs.publicIPAddressVersion === "IPv6" ? 4 : 30;
    return typeof minutes === "number" && (minutes < 4 || minutes > most)
      ? `The value ${minutes} of idleTimeoutInMinutes is out of range: 4 to ${most}.`
      : undefined;
  },
};

export const dnsLabelUnique: Rule = {
  id: "azure-pip-dns-label-unique",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A DNS label is unique within its region.",
  source:
    "https://learn.microsoft.com/azure/virtual-network/ip-services/public-ip-addresses#dns-name-label",
  broken: (subject) => {
    const label = textOf(valueAt(subject.inputs, "dnsSettings.domainNameLabel"));
    const twin = stored(subject, PUBLIC_IP).find(
      (object) =>
        label !== undefined &&
        valueAt(object.inputs, "dnsSettings.domainNameLabel") === label &&
        locationOf(object.inputs, subject) === locationOf(subject.inputs, subject),
    );
    return twin === undefined
      ? undefined
      : `Code="DnsRecordInUse" Message="DNS record ${label} is already used by another public IP (${twin.id})."`;
  },
};

function locationOf(inputs: { readonly [key: string]: Value }, { world }: RuleSubject): Value {
  return inputs.location ?? findGroup(world, String(inputs.resourceGroupName))?.location ?? null;
}

export const groupImmutable: ImmutableFact = {
  id: "azure-group-immutable",
  basis: "recalled",
  says: "Name and location of a resource group are fixed: a change replaces it.",
  source:
    "https://learn.microsoft.com/azure/azure-resource-manager/management/manage-resource-groups-portal",
  paths: ["resourceGroupName", "location"],
};

export const publicIpImmutable: ImmutableFact = {
  id: "azure-pip-immutable",
  basis: "recalled",
  says: "Name, group and location of a public IP are fixed: a change replaces it.",
  source:
    "Azure/azure-rest-api-specs network publicIpAddress.json (path parameters; x-ms-mutability of location)",
  paths: ["publicIpAddressName", "resourceGroupName", "location"],
};
