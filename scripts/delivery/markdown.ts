import { ACTIONS, type Action } from "./preview-json.ts";
import type { Reach } from "./reach.ts";
import type { Change, Summary } from "./summary.ts";

/** Rows of a table. GitHub takes 65 536 characters for a comment; these are some 12 000 at most. */
const MOST_ROWS = 100;
/** Properties named in a row. */
const MOST_PROPERTIES = 6;
/** Characters of an error that are shown: the run has the rest. */
const MOST_ERROR = 2000;

const DONE: Readonly<Record<Action, string>> = {
  destroy: "destroyed",
  replace: "replaced",
  change: "changed",
  create: "created",
};

const NOUN = { address: "static address", name: "DNS name" } as const;

export interface Heading {
  readonly stack: string;
  /** Where the preview ran, such as `on the simulated clouds`. */
  readonly where: string;
  /** Address of the run, for the details. */
  readonly run?: string | undefined;
}

/** A preview as Markdown: the addresses and names that clients know first, then a row a resource. */
export function markdownOf(summary: Summary, { stack, where, run }: Heading): string {
  const more = run === undefined ? "" : ` [Details](${run}).`;
  if (summary.errors.length > 0) {
    const errors = summary.errors.map((message) => fenced(message.slice(0, MOST_ERROR)));
    return paragraphs(`### ${code(stack)}: the preview failed, ${where}`, ...errors, more.trim());
  }
  const staying = summary.reach.filter(({ action }) => action === "keep");
  const moving = summary.reach.filter(({ action }) => action !== "keep");
  return paragraphs(
    `### ${code(stack)}: ${counts(summary)}, ${where}`,
    moving.length === 0 ? "" : callout(moving),
    table(summary.changes),
    staying.length === 0 ? "" : `Stays: ${staying.map(described).join(", ")}.`,
    more.trim(),
  );
}

/** `nothing changes`, or how many resources are destroyed, replaced, changed and created. */
export function counts({ changes }: Summary): string {
  const parts = ACTIONS.flatMap((action) => {
    const count = changes.filter((change) => change.action === action).length;
    return count === 0 ? [] : [`${count} ${DONE[action]}`];
  });
  return parts.length === 0 ? "nothing changes" : parts.join(", ");
}

function callout(reach: readonly Reach[]): string {
  const lost = reach.some(({ action }) => action === "destroy" || action === "replace");
  const lines = reach.map((one) => `- ${described(one)} is **${DONE[one.action as Action]}**`);
  return [`> [!${lost ? "CAUTION" : "IMPORTANT"}]`, ...lines.map((line) => `> ${line}`)].join("\n");
}

/** A static address or a name, with what it was and what it will be. */
function described({ kind, name, before, after }: Reach): string {
  const values = [before, after].filter((value) => value !== undefined).map(code);
  const shown = [...new Set(values)].join(" → ");
  return `${NOUN[kind]} ${code(name)}${shown === "" ? "" : ` (${shown})`}`;
}

function table(changes: readonly Change[]): string {
  if (changes.length === 0) {
    return "";
  }
  const rows = changes.slice(0, MOST_ROWS).map((change) => {
    const { action, type, name } = change;
    const weight = action === "destroy" || action === "replace" ? "**" : "";
    return `| ${weight}${DONE[action]}${weight} | ${type} ${code(name)} | ${properties(change)} |`;
  });
  const left = changes.length - rows.length;
  return [
    "| | resource | properties |",
    "|---|---|---|",
    ...rows,
    ...(left > 0 ? [`| | and ${left} more | |`] : []),
  ].join("\n");
}

function properties({ properties: all, replacing }: Change): string {
  // What replaces a resource is never cut off.
  const ordered = [...replacing, ...all.filter((path) => !replacing.includes(path))];
  const shown = ordered.slice(0, Math.max(MOST_PROPERTIES, replacing.length));
  const left = ordered.length - shown.length;
  const cells = shown.map((path) => code(path) + (replacing.includes(path) ? " (replaces)" : ""));
  return [...cells, ...(left > 0 ? [`and ${left} more`] : [])].join(", ");
}

const paragraphs = (...parts: readonly string[]): string =>
  `${parts.filter((part) => part !== "").join("\n\n")}\n`;

/** Text as code, which no Markdown in it gets out of, inside a table as well. */
function code(text: string): string {
  return `\`${text.replaceAll(/[`\r\n]/g, " ").replaceAll("|", "\\|")}\``;
}

/** A block of text behind a fence longer than any in it. */
function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text.trimEnd()}\n${fence}`;
}
