import type { Fact } from "./cloud/fact.ts";
import type { Rule } from "./cloud/rule.ts";
import { simulatedClouds } from "./providers/index.ts";

/** When a fact shows, in the words of docs/simulation.md. */
const WHEN = {
  check: "preview",
  write: "create, update",
  sync: "controller",
  delete: "delete",
} as const;

/** Every documented behaviour that the simulated clouds have, once, by its id. */
export function allFacts(): readonly Fact[] {
  const facts = simulatedClouds.flatMap(({ models, throttling }) => [
    throttling,
    ...models.flatMap((model): readonly Fact[] => [...model.rules, ...model.facts]),
  ]);
  const byId = new Map(facts.map((fact) => [fact.id, fact]));
  return [...byId.values()].sort((a, b) => a.id.localeCompare(b.id, "en"));
}

/** The table of docs/simulation.md. */
export function factTable(): string {
  const rows = allFacts().map((fact) =>
    [`\`${fact.id}\``, when(fact), fact.says, fact.basis, fact.source]
      .map((cell) => cell.replaceAll("|", "\\|"))
      .join(" | "),
  );
  return [
    "| rule | when | what happens | basis | source |",
    "|---|---|---|---|---|",
    ...rows.map((row) => `| ${row} |`),
  ].join("\n");
}

function when(fact: Fact): string {
  if ("stage" in fact) {
    const { stage, severity } = fact as Rule;
    if ("patience" in fact) {
      return "late";
    }
    return `${WHEN[stage]}${severity === "warn" ? ", warning" : ""}`;
  }
  if ("retries" in fact) {
    return "throttled";
  }
  return "paths" in fact ? "replace" : "outputs, order";
}

if (import.meta.main) {
  process.stdout.write(`${factTable()}\n`);
}
