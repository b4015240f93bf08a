import type {
  PolicyResource,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";
import type { Rule, Subject } from "./rule.ts";
import { propertiesOf } from "./values.ts";

/** A rule in the shape that the engine's policy server takes. */
export function toPolicy(rule: Rule): ResourceValidationPolicy | StackValidationPolicy {
  const about = {
    name: rule.name,
    description: rule.refuses,
    enforcementLevel: rule.level,
    remediationSteps: rule.wayOut,
  };
  const message = (fault: string): string => `${fault}. ${rule.wayOut}`;
  if ("stackFaults" in rule) {
    return {
      ...about,
      validateStack: ({ resources }, report) => {
        for (const { urn, fault } of rule.stackFaults(resources.map(subjectOf))) {
          report(message(fault), urn);
        }
      },
    };
  }
  return {
    ...about,
    validateResource: (resource, report) => {
      if (rule.types.test(resource.type)) {
        for (const fault of rule.faults(subjectOf(resource))) {
          report(message(fault));
        }
      }
    },
  };
}

function subjectOf(resource: ResourceValidationArgs | PolicyResource): Subject {
  const { type, urn, name, opts } = resource;
  const { protect, deleteBeforeReplace } = opts;
  return { type, urn, name, props: propertiesOf(resource.props), protect, deleteBeforeReplace };
}
