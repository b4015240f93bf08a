import { rules } from "./rules.ts";

/** The table of docs/policies.md. */
export function ruleTable(): string {
  const rows = rules.map((rule) =>
    [`\`${rule.name}\``, rule.level, rule.trap ?? "", rule.refuses, rule.levelReason].join(" | "),
  );
  return [
    "| policy | level | trap | what it refuses | why this level |",
    "|---|---|---|---|---|",
    ...rows.map((row) => `| ${row} |`),
  ].join("\n");
}

if (import.meta.main) {
  process.stdout.write(`${ruleTable()}\n`);
}
