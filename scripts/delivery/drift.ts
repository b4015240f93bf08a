import { counts, markdownOf } from "./markdown.ts";
import { type PreviewJson, readPreview } from "./preview-json.ts";
import { summarize } from "./summary.ts";

/** What was found of one stack: the output of `pulumi preview --refresh --json`. */
export interface Report {
  readonly stack: string;
  readonly text: string;
}

export interface DriftReport {
  /** Stacks that are not as their program says, or could not be looked at. */
  readonly stacks: readonly string[];
  /** Text of the issue; empty where nothing drifted. */
  readonly body: string;
}

/** One text about all stacks: what a deployment would put back, and what could not be looked at. */
export function driftReport(reports: readonly Report[], run?: string): DriftReport {
  const sorted = [...reports].sort((a, b) => (a.stack < b.stack ? -1 : 1));
  const drifted = sorted.flatMap(({ stack, text }) => {
    const summary = summarize(previewOf(text));
    return summary.errors.length === 0 && summary.changes.length === 0
      ? []
      : [
          {
            stack,
            text: markdownOf(summary, { stack, where: "compared with the cloud" }),
            summary,
          },
        ];
  });
  if (drifted.length === 0) {
    return { stacks: [], body: "" };
  }
  const heads = drifted.map(({ stack, summary }) =>
    summary.errors.length > 0 ? `- \`${stack}\`: no preview` : `- \`${stack}\`: ${counts(summary)}`,
  );
  const more = run === undefined ? "" : ` The latest look: [run](${run}).`;
  const body = [
    `What the clouds have is not what \`main\` says. Each list is what a deployment would do; docs/runbook.md says what to decide.${more}`,
    heads.join("\n"),
    ...drifted.map(({ text }) => text.trimEnd()),
  ].join("\n\n");
  return { stacks: drifted.map(({ stack }) => stack), body: `${body}\n` };
}

/** A preview, or that there is none, as one of its errors. */
function previewOf(text: string): PreviewJson {
  try {
    return readPreview(text);
  } catch (error) {
    return { diagnostics: [{ severity: "error", message: (error as Error).message }] };
  }
}
