import { delay } from "../../cloud/delay.ts";
import type { ImmutableFact } from "../../cloud/fact.ts";
import { textOf } from "../../cloud/paths.ts";
import type { Rule } from "../../cloud/rule.ts";
import { type CloudObject, objectsOf, type World } from "../../cloud/world.ts";
import { findCluster, findGroup } from "./clusters.ts";
import { CLOUD, covers, groupIdOf, sameId } from "./resource-ids.ts";
import { ROLE_ASSIGNMENT, stored, USER_IDENTITY } from "./rules.ts";

export const RBAC = "https://learn.microsoft.com/azure/role-based-access-control/troubleshooting";
/** The provider asks again after 408, 429, 5xx and the conflict AnotherOperationInProgress only. */
export const RETRIES = "pulumi/pulumi-azure-native provider/pkg/azure/client_azcore.go ShouldRetry";

const ROLE_DEFINITION =
  /^(\/subscriptions\/[0-9a-f-]{36})?\/providers\/Microsoft\.Authorization\/roleDefinitions\/[0-9a-f-]{36}$/i;
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const roleDefinitionIsFull: Rule = {
  id: "azure-role-full-definition-id",
  basis: "recalled",
  stage: "write",
  severity: "refuse",
  says: "roleDefinitionId is the full identifier of a role definition, not its GUID or name.",
  source: "https://learn.microsoft.com/rest/api/authorization/role-assignments/create",
  broken: ({ inputs }) =>
    ROLE_DEFINITION.test(textOf(inputs.roleDefinitionId) ?? "")
      ? undefined
      : `Code="InvalidRoleDefinitionId" Message="The role definition ID '${inputs.roleDefinitionId}' is not valid: expected /subscriptions/{id}/providers/Microsoft.Authorization/roleDefinitions/{guid}."`,
};

export const roleScopeExists: Rule = {
  id: "azure-role-scope-exists",
  basis: "recalled",
  stage: "write",
  severity: "refuse",
  says: "The scope of a role assignment has to exist.",
  source: "https://learn.microsoft.com/azure/role-based-access-control/scope-overview",
  broken: ({ inputs, world }) => {
    const scope = textOf(inputs.scope) ?? "";
    const group = groupIdOf(scope);
    const found =
      group === undefined
        ? /^\/subscriptions\/[^/]+$/i.test(scope)
        : sameId(group, scope)
          ? findGroup(world, group.split("/").at(-1) ?? "") !== undefined
          : world.objects.some((object) => sameId(object.id, scope));
    return found
      ? undefined
      : `Code="ResourceNotFound" Message="The scope '${scope}' was not found."`;
  },
};

export const rolePrincipalIsObject: Rule = {
  id: "azure-role-principal-guid",
  basis: "recalled",
  stage: "write",
  severity: "refuse",
  says: "principalId is the object id of a principal, a GUID.",
  source: "https://learn.microsoft.com/rest/api/authorization/role-assignments/create",
  broken: ({ inputs }) =>
    GUID.test(textOf(inputs.principalId) ?? "")
      ? undefined
      : `Code="InvalidPrincipalId" Message="A valid principal ID must be provided for role assignment; got '${inputs.principalId}'."`,
};

export const rolePrincipalType: Rule = {
  id: "azure-role-principal-type",
  basis: "recalled",
  stage: "write",
  severity: "refuse",
  says: "principalType, where given, is the type of the principal; a cluster's identity is a ServicePrincipal.",
  source: "https://learn.microsoft.com/azure/role-based-access-control/troubleshooting",
  broken: ({ inputs, world }) => {
    const given = inputs.principalType;
    const cluster = (world.seed.clusters ?? [])
      .map((seed) => findCluster(world, seed.resourceGroup, seed.name))
      .find((found) => found?.principalId === inputs.principalId);
    return cluster !== undefined && given !== undefined && given !== "ServicePrincipal"
      ? `Code="UnmatchedPrincipalType" Message="The PrincipalId '${inputs.principalId}' has type 'ServicePrincipal', which is different from specified PrincipalType '${given}'."`
      : undefined;
  },
};

export const rolePrincipalTypeMissing: Rule = {
  id: "azure-role-principal-type-missing",
  basis: "read",
  stage: "check",
  severity: "warn",
  says: "Without principalType a role for a new identity can fail until the directory has replicated.",
  source:
    "https://learn.microsoft.com/azure/role-based-access-control/troubleshooting#symptom---assigning-a-role-to-a-new-principal-sometimes-fails",
  broken: ({ inputs }) =>
    inputs.principalType === undefined
      ? "principalType is not set: the assignment can fail with PrincipalNotFound until a new identity has replicated"
      : undefined,
};

export const identityReplicates = delay({
  id: "azure-identity-replicates",
  late: "azure-identity",
  basis: "read",
  stage: "write",
  patience: 0,
  says: "Without principalType a role for a new identity is refused until the directory has replicated it; the provider does not ask again.",
  source: `${RBAC}#symptom---assigning-a-role-to-a-new-principal-sometimes-fails; ${RETRIES}`,
  needs: ({ inputs, world }) =>
    inputs.principalType === undefined
      ? objectsOf(world, CLOUD, USER_IDENTITY).filter(({ outputs }) =>
          sameId(String(outputs.principalId), String(inputs.principalId)),
        )
      : [],
  answer: ({ inputs }) =>
    `Code="PrincipalNotFound" Message="Principal ${inputs.principalId} does not exist in the directory. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group."`,
});

/** Role assignments of a principal that reach a resource. */
export const rolesOn = (world: World, id: string, principal: string): readonly CloudObject[] =>
  objectsOf(world, CLOUD, ROLE_ASSIGNMENT).filter(
    ({ inputs }) =>
      covers(String(inputs.scope), id) && sameId(String(inputs.principalId), principal),
  );

export const roleUnique: Rule = {
  id: "azure-role-duplicate",
  basis: "recalled",
  stage: "write",
  severity: "refuse",
  says: "The same role for the same principal on the same scope exists once.",
  source: "https://learn.microsoft.com/azure/role-based-access-control/troubleshooting",
  broken: (subject) => {
    const key = ["principalId", "roleDefinitionId", "scope"] as const;
    const twin = stored(subject, ROLE_ASSIGNMENT).find((object) =>
      key.every((property) =>
        sameId(String(object.inputs[property]), String(subject.inputs[property])),
      ),
    );
    return twin === undefined
      ? undefined
      : `Code="RoleAssignmentExists" Message="The role assignment already exists." (${twin.id})`;
  },
};

export const roleImmutable: ImmutableFact = {
  id: "azure-role-immutable",
  basis: "read",
  says: "A role assignment is never updated: any change replaces it.",
  source: `${RBAC} (RoleAssignmentUpdateNotPermitted)`,
  paths: ["principalId", "principalType", "roleDefinitionId", "scope", "roleAssignmentName"],
};
