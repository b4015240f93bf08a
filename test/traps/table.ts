import type { Trap } from "./trap.ts";
import { traps } from "./traps.ts";

/** The table of docs/traps.md. */
export function trapTable(): string {
  const rows = traps.map(({ number, trap, fix, ...shown }) =>
    [number, trap, fix, testsOf(shown)].join(" | "),
  );
  return [
    "| trap | what happens to who does not know it | what the components do | test |",
    "|---|---|---|---|",
    ...rows.map((row) => `| ${row} |`),
  ].join("\n");
}

function testsOf({ mutations, alsoShown = [] }: Pick<Trap, "mutations" | "alsoShown">): string {
  const titles = new Set([...mutations.map(({ test }) => test), ...alsoShown]);
  return [...titles].map((title) => `\`${title}\``).join(", ");
}

if (import.meta.main) {
  process.stdout.write(`${trapTable()}\n`);
}
