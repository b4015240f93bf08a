import { readFileSync } from "node:fs";
import { Advice, say } from "../../terminal.ts";
import { putNote } from "../discussion.ts";
import { markdownOf } from "../markdown.ts";
import { readPreview } from "../preview-json.ts";
import { summarize } from "../summary.ts";
import { flagsOf, needed, tell } from "./flags.ts";
import { comments, runUrl } from "./forge.ts";

/**
 * `comment --stack STACK --preview FILE --where TEXT [--to request|summary]`: the table of a
 * preview, in the summary of the run, and with `request` in the stack's comment as well.
 */
export async function run(args: string[]): Promise<void> {
  const flags = flagsOf(args, ["stack", "preview", "where", "to"]);
  const stack = needed(flags, "stack");
  const summary = summarize(readPreview(readFileSync(needed(flags, "preview"), "utf8")));
  const text = markdownOf(summary, { stack, where: needed(flags, "where"), run: runUrl() });
  tell("GITHUB_STEP_SUMMARY", text);
  if (flags.to === "request") {
    say(`comment on ${stack}: ${await putNote(comments(), `preview ${stack}`, text)}`);
  }
  if (summary.errors.length > 0) {
    throw new Advice(`the preview of ${stack} failed (see above)`);
  }
}
