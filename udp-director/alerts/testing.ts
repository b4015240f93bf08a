import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** Test support: the alert rules and the dashboard as data. */

export const FOLDER = import.meta.dirname;
export const RULES = join(FOLDER, "rules.yaml");
export const RULE_TESTS = join(FOLDER, "rules.tests.yaml");

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface RuleFile {
  readonly groups: { readonly name: string; readonly rules: AlertRule[] }[];
}

export const ruleFile = () => parse(readFileSync(RULES, "utf8")) as RuleFile;
export const alertRules = () => ruleFile().groups.flatMap(({ rules }) => rules);

/** Every query of the dashboard, with Grafana's variables replaced. */
export function dashboardQueries(): string[] {
  const dashboard = JSON.parse(readFileSync(join(FOLDER, "dashboard.json"), "utf8")) as {
    readonly panels: { readonly targets?: { readonly expr: string }[] }[];
    readonly templating: { readonly list: { readonly query: string; readonly type: string }[] };
  };
  const variables = dashboard.templating.list
    .filter(({ type }) => type === "query")
    .map(({ query }) => /^label_values\((.+), \w+\)$/.exec(query)?.[1] ?? "");
  return dashboard.panels
    .flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
    .concat(variables)
    .map((expr) =>
      expr
        .replaceAll("$__rate_interval", "5m")
        .replaceAll("$job", "udp-director")
        .replaceAll("$instance", ".*"),
    );
}
