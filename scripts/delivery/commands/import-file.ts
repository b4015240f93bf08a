import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Advice, say } from "../../terminal.ts";
import { fillImportFile } from "../import-file.ts";
import { readListing } from "../listings.ts";
import { readPreview } from "../preview-json.ts";
import { needed } from "./flags.ts";

/**
 * `import-file --template FILE --preview FILE [--listing FILE …] [--zone ID] [--ids FILE]`: the file
 * for `pulumi import --file`, on standard output. What has no identifier, or several, is left out
 * of it and told: name it in a JSON file of `{ "type name": "id" }` for `--ids`.
 */
export async function run(args: string[]): Promise<void> {
  const { values: flags } = parseArgs({
    args,
    options: {
      template: { type: "string" },
      preview: { type: "string" },
      listing: { type: "string", multiple: true },
      zone: { type: "string" },
      ids: { type: "string" },
    },
  });
  const json = (file: string) => JSON.parse(readFileSync(file, "utf8"));
  const { listing = [], zone, ids, ...files } = flags;
  const { file, open } = fillImportFile(
    json(needed(files, "template")),
    readPreview(readFileSync(needed(files, "preview"), "utf8")),
    listing.flatMap((name) => readListing(json(name), zone)),
    ids === undefined ? {} : json(ids),
  );
  process.stdout.write(`${JSON.stringify(file, undefined, 2)}\n`);
  for (const { resource, candidates } of open) {
    say(`${resource}: ${candidates.length === 0 ? "not found" : candidates.join(" or ")}`);
  }
  if (open.length > 0) {
    throw new Advice(`${open.length} resources have no identifier: name them with --ids`);
  }
}
