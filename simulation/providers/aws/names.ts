import type { CheckFailure, Properties } from "../../../components/provider/index.ts";
import type { Fact } from "../../cloud/fact.ts";
import { hex } from "../../cloud/identifiers.ts";
import { mapOf, textOf } from "../../cloud/paths.ts";
import type { Rule } from "../../cloud/rule.ts";
import type { World } from "../../cloud/world.ts";
import { type BridgedKind, type BridgedResource, bridged } from "../bridged.ts";

export const CLOUD = "aws";
/** The account of every world. */
export const ACCOUNT = "111122223333";

/** Region of the provider's configuration. */
export const regionOf = (config: Properties): string => textOf(config.region) ?? "us-east-2";
const scopeOf = (config: Properties): string => `${ACCOUNT}/${regionOf(config)}`;
const regionOfScope = (scope: string): string => scope.split("/")[1] ?? "";

/** An identifier as EC2 makes them: a prefix and 17 hexadecimal digits. */
export const ec2Id = (prefix: string, world: World, ...parts: readonly string[]): string =>
  `${prefix}-${hex(17, prefix, world.serial, ...parts)}`;

export const arn = (service: string, scope: string, resource: string): string =>
  `arn:aws:${service}:${regionOfScope(scope)}:${ACCOUNT}:${resource}`;

export const globalArn = (service: string, resource: string): string =>
  `arn:aws:${service}::${ACCOUNT}:${resource}`;

const autonaming: Fact = {
  id: "aws-autoname",
  basis: "read",
  says: "A name left out becomes the logical name, a hyphen and 7 hexadecimal digits, and stays until the resource is replaced.",
  source:
    "pulumi/pulumi sdk/go/common/resource/resource_id.go NewUniqueHex; pulumi-terraform-bridge pkg/tfbridge/names.go",
};

/** What is wrong with names, of resources whose name AWS bounds. */
function nameLength(max: number): Rule {
  return {
    id: "aws-name-length",
    basis: "read",
    stage: "check",
    severity: "refuse",
    says: "A name is as long as AWS allows at most, with what Pulumi adds to it; load balancers and target groups have 32 characters.",
    source:
      "pulumi/pulumi sdk/go/common/resource/resource_id.go; terraform-provider-aws internal/service/elbv2 validName, validTargetGroupName",
    broken: ({ inputs }): CheckFailure | undefined => {
      const name = textOf(inputs.name);
      return name !== undefined && name.length > max
        ? { property: "name", reason: `"name" cannot be longer than ${max} characters: "${name}"` }
        : undefined;
    },
  };
}

/** A resource of AWS. */
export const resource = (kind: BridgedKind): BridgedResource =>
  bridged(
    {
      cloud: CLOUD,
      autonaming,
      nameLength,
      scope: scopeOf,
      computed: ["tagsAll"],
      outputs: (inputs) => ({ tagsAll: mapOf(inputs.tags) }),
    },
    kind,
  );
