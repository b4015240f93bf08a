import { parse } from "yaml";
import { invalid } from "../endpoint/invalid.ts";

/** Scraping and alerts by the Prometheus operator. */
export interface DirectorMonitoringArgs {
  /** Labels by which Prometheus finds its monitors and rules, such as `{ release: "prometheus" }`. Left out: none. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Seconds between two looks at the metrics, from 1. Left out: 15. */
  readonly intervalSeconds?: number;
  /** Text of a file with alert rules, such as `udp-director/alerts/rules.yaml`. Left out: no alerts. */
  readonly alertRules?: string;
}

/** `spec` of a ServiceMonitor. The rules know the director as the job `udp-director`. */
export const serviceMonitorSpec = (
  { intervalSeconds = 15 }: DirectorMonitoringArgs,
  selector: Readonly<Record<string, string>>,
) => ({
  jobLabel: "app.kubernetes.io/name",
  selector: { matchLabels: { ...selector, "app.kubernetes.io/component": "metrics" } },
  endpoints: [{ port: "metrics", interval: `${intervalSeconds}s` }],
});

/**
 * `spec` of a PrometheusRule.
 *
 * @throws InputPropertyError for a text that has no groups of rules.
 */
export function ruleSpec(text: string): { readonly groups: readonly unknown[] } {
  let groups: unknown;
  try {
    groups = parse(text)?.groups;
  } catch (error) {
    invalid("monitoring.alertRules", `is not YAML: ${(error as Error).message}`);
  }
  if (!Array.isArray(groups)) {
    invalid("monitoring.alertRules", "has no `groups`: give the text of a file with alert rules");
  }
  return { groups };
}
