import type { Properties } from "../../../components/provider/index.ts";
import { hex, publicAddress, uuid } from "../../cloud/identifiers.ts";
import type { ResourceModel } from "../../cloud/model.ts";
import { mapOf, textOf, valueAt } from "../../cloud/paths.ts";
import { addressesIn, type World } from "../../cloud/world.ts";
import { autonamed, autonamedUuid, autonaming } from "./autoname.ts";
import { clusterModels } from "./cluster-models.ts";
import { findGroup } from "./clusters.ts";
import { CLOUD, covers, groupId, resourceId, sameId } from "./resource-ids.ts";
import * as roles from "./role-rules.ts";
import * as rules from "./rules.ts";
import { inSubscription, withLocation } from "./subscription.ts";

const API_VERSION = "2024-05-01";

export const resourceGroup: ResourceModel = {
  ...inSubscription,
  type: rules.RESOURCE_GROUP,
  rules: [rules.locationRequired, rules.alreadyExists, rules.groupDeleteBlocked],
  facts: [autonaming, rules.groupImmutable],
  immutable: () => rules.groupImmutable.paths,
  defaults: (request, config) => withLocation(autonamed(request, "resourceGroupName"), config),
  id: (inputs, subscription) => groupId(subscription, String(inputs.resourceGroupName)),
  computed: ["name", "type", "provisioningState", "azureApiVersion"],
  outputs: ({ inputs }) => ({
    ...inputs,
    name: String(inputs.resourceGroupName),
    type: "Microsoft.Resources/resourceGroups",
    provisioningState: "Succeeded",
    azureApiVersion: API_VERSION,
  }),
  cascade: (group, world) =>
    world.objects.filter(
      (object) =>
        object.cloud === CLOUD && !sameId(object.id, group.id) && covers(group.id, object.id),
    ),
};

export const publicIpAddress: ResourceModel = {
  ...inSubscription,
  type: rules.PUBLIC_IP,
  rules: [
    rules.alreadyExists,
    rules.groupExists,
    rules.standardIsStatic,
    rules.basicIsRetired,
    rules.publicIpQuota,
    rules.publicIpFixed,
    rules.idleTimeoutRange,
    rules.dnsLabelUnique,
    rules.publicIpInUse,
  ],
  facts: [autonaming, rules.publicIpImmutable],
  immutable: () => rules.publicIpImmutable.paths,
  defaults: (request, config) => withLocation(autonamed(request, "publicIpAddressName"), config),
  id: (inputs, subscription) =>
    resourceId(
      subscription,
      String(inputs.resourceGroupName),
      "Microsoft.Network/publicIPAddresses",
      String(inputs.publicIpAddressName),
    ),
  computed: [
    "name",
    "type",
    "ipAddress",
    "location",
    "etag",
    "resourceGuid",
    "provisioningState",
    "ipConfiguration",
    "publicIPAddressVersion",
    "idleTimeoutInMinutes",
    "sku.tier",
    "dnsSettings.fqdn",
    "azureApiVersion",
  ],
  outputs: ({ inputs, id, world, previous }) => {
    const location = textOf(inputs.location) ?? groupLocation(world, inputs);
    const family = inputs.publicIPAddressVersion === "IPv6" ? "IPv6" : "IPv4";
    const label = textOf(valueAt(inputs, "dnsSettings.domainNameLabel"));
    const { resourceGroupName: _group, publicIpAddressName: name, ...rest } = inputs;
    return {
      ...rest,
      name: String(name),
      type: "Microsoft.Network/publicIPAddresses",
      location,
      ipAddress: previous?.ipAddress ?? publicAddress(family, addressesIn(world), id, world.serial),
      etag: `W/"${uuid("etag", id, JSON.stringify(inputs))}"`,
      resourceGuid: previous?.resourceGuid ?? uuid("guid", id, world.serial),
      provisioningState: "Succeeded",
      publicIPAddressVersion: family,
      idleTimeoutInMinutes: inputs.idleTimeoutInMinutes ?? 4,
      sku: { tier: "Regional", ...mapOf(inputs.sku) },
      ...(inputs.dnsSettings === undefined
        ? {}
        : {
            dnsSettings: {
              ...mapOf(inputs.dnsSettings),
              ...(label === undefined ? {} : { fqdn: `${label}.${location}.cloudapp.azure.com` }),
            },
          }),
      azureApiVersion: API_VERSION,
    };
  },
};

function groupLocation(world: World, inputs: Properties): string {
  return findGroup(world, String(inputs.resourceGroupName))?.location ?? "westeurope";
}

export const roleAssignment: ResourceModel = {
  ...inSubscription,
  type: rules.ROLE_ASSIGNMENT,
  rules: [
    rules.alreadyExists,
    roles.roleDefinitionIsFull,
    roles.roleScopeExists,
    roles.rolePrincipalIsObject,
    roles.rolePrincipalType,
    roles.rolePrincipalTypeMissing,
    roles.roleUnique,
    roles.identityReplicates,
  ],
  facts: [autonaming, roles.roleImmutable],
  immutable: () => roles.roleImmutable.paths,
  defaults: (request) => autonamedUuid(request, "roleAssignmentName"),
  id: (inputs) =>
    `${inputs.scope}/providers/Microsoft.Authorization/roleAssignments/${inputs.roleAssignmentName}`,
  computed: ["name", "type", "createdOn", "createdBy", "updatedOn", "updatedBy", "azureApiVersion"],
  outputs: ({ inputs, id, previous }) => {
    const { roleAssignmentName: name, ...rest } = inputs;
    const createdBy = hex(32, "caller");
    return {
      ...rest,
      name: String(name),
      type: "Microsoft.Authorization/roleAssignments",
      createdOn: previous?.createdOn ?? "2026-01-01T00:00:00Z",
      updatedOn: "2026-01-01T00:00:00Z",
      createdBy,
      updatedBy: uuid(id, createdBy),
      azureApiVersion: "2022-04-01",
    };
  },
};

export const models: readonly ResourceModel[] = [
  resourceGroup,
  publicIpAddress,
  roleAssignment,
  ...clusterModels,
];
