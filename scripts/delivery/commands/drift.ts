import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { Advice, say } from "../../terminal.ts";
import { closeNote, putNote } from "../discussion.ts";
import { driftReport } from "../drift.ts";
import { flagsOf, needed, tell } from "./flags.ts";
import { issues, runUrl } from "./forge.ts";

const LABEL = "drift";
const KEY = "drift";

/**
 * `drift --reports FOLDER`: one issue about all stacks whose preview (`STACK.json`) is not empty,
 * opened or edited, and closed when there are none.
 */
export async function run(args: string[]): Promise<void> {
  const folder = needed(flagsOf(args, ["reports"]), "reports");
  const reports = globSync("**/*.json", { cwd: folder }).map((file) => ({
    stack: path.basename(file, ".json"),
    text: readFileSync(path.join(folder, file), "utf8"),
  }));
  if (reports.length === 0) {
    throw new Advice(`no reports in ${folder}: no stack was looked at`);
  }
  const { stacks, body } = driftReport(reports, runUrl());
  const notes = issues(LABEL, "Drift: the clouds are not what main says");
  const outcome =
    stacks.length > 0
      ? await putNote(notes, KEY, body)
      : await closeNote(notes, KEY, "No stack differs from main any more.");
  say(`drift of ${stacks.join(", ") || "no stack"}: issue ${outcome}`);
  tell("GITHUB_STEP_SUMMARY", body || "No stack differs from `main`.");
}
