import { each, invalid } from "../endpoint/invalid.ts";
import { sortedByKey } from "../endpoint/plain.ts";

/** Porter's label that changes with every deployment. */
const PORTER_REVISION = "porter.run/app-revision-id";

/** Which pods of a Porter application receive the traffic. */
export interface PorterSelectorArgs {
  /** Name of the Porter application, as in porter.yaml: `cloud-debug`. */
  readonly app: string;
  /** Name of the service within the application: `cloud`. */
  readonly service: string;
  /**
   * Id of the deployment target. Worth giving wherever an application has more than one target in
   * a namespace (preview environments do): without it their pods carry the same two labels and
   * get a share of the traffic. Left out: pods of every target match.
   */
  readonly deploymentTargetId?: string;
}

/**
 * Labels that Porter puts on the pods of a service, for use as a Service's selector. The revision
 * label is never among them: it changes with every deployment, so a Service that selects on it
 * loses its pods with the next one.
 *
 * @throws InputPropertyError for an empty name.
 * @see https://github.com/porter-dev/porter internal/porter_app/status.go
 */
export function porterSelector(args: PorterSelectorArgs): Record<string, string> {
  const labels: Record<string, string> = {
    "porter.run/app-name": args.app,
    "porter.run/service-name": args.service,
  };
  if (args.deploymentTargetId !== undefined) {
    labels["porter.run/deployment-target-id"] = args.deploymentTargetId;
  }
  return checkSelector(labels);
}

/**
 * Refuses a selector that matches nothing or stops matching, and sorts its keys.
 *
 * @throws InputPropertyError for no labels at all, an empty value, Porter's revision label.
 */
export function checkSelector(
  selector: Readonly<Record<string, string>>,
  propertyPath = "selector",
): Record<string, string> {
  const labels = Object.entries(selector);
  if (labels.length === 0) {
    invalid(propertyPath, "is empty: give the labels of the pods, for example porterSelector(…)");
  }
  each(labels, ([label, value]) => {
    if (label === PORTER_REVISION) {
      invalid(
        `${propertyPath}["${label}"]`,
        "changes with every Porter deployment, and the Service would lose its pods: select on app-name, service-name and deployment-target-id (porterSelector)",
      );
    }
    if (value === "") {
      invalid(`${propertyPath}["${label}"]`, "is empty: give the label's value, or leave it out");
    }
  });
  return sortedByKey(selector);
}
