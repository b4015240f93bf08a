import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

export const RECORDED = ["create", "change", "drift", "failed"] as const;
export type Recorded = (typeof RECORDED)[number];

const file = (name: Recorded): string => path.join(import.meta.dirname, "recorded", `${name}.json`);

/** What `pulumi preview --json` wrote for the stack `debug`, as it was recorded. */
export const recorded = (name: Recorded): string => readFileSync(file(name), "utf8");

/** Paths of the machine that recorded, and the wiring that no script reads. */
const LEFT_OUT = ["sourcePosition", "stackTrace", "dependencies", "propertyDependencies"];

export function record(name: Recorded, text: string): void {
  const document = JSON.parse(text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1));
  const kept = JSON.stringify(
    document,
    (key, value) => (LEFT_OUT.includes(key) ? undefined : value),
    2,
  );
  writeFileSync(file(name), `${kept}\n`);
}
