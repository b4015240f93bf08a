import { globSync, readFileSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");

/** Programs that tests run, the shortest first, with the classes of which they make something. */
export function examplePrograms(): readonly {
  readonly file: string;
  readonly text: string;
  readonly makes: ReadonlySet<string>;
}[] {
  return globSync("components/*/examples/*.ts", { cwd: root })
    .toSorted()
    .map((file) => {
      const text = readFileSync(path.join(root, file), "utf8");
      const makes = new Set([...text.matchAll(/\bnew ([A-Z]\w+)\(/g)].map(([, name = ""]) => name));
      return { file, text, makes };
    })
    .toSorted((a, b) => a.text.length - b.text.length);
}
