/** A fenced block of a Markdown page. */
export interface CodeBlock {
  /** Word behind the fence, such as `ts`. */
  readonly language: string;
  readonly text: string;
  /** Line of the fence, from 1. */
  readonly line: number;
}

/** Fenced code blocks of a page (CommonMark section 4.5; backtick fences only). */
export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { fence: string; language: string; line: number; text: string[] } | undefined;
  markdown.split("\n").forEach((text, index) => {
    const fence = /^\s*(`{3,})(\S*)/.exec(text);
    if (open === undefined) {
      if (fence !== null) {
        open = { fence: fence[1] ?? "", language: fence[2] ?? "", line: index + 1, text: [] };
      }
    } else if (fence !== null && fence[1] === open.fence && fence[2] === "") {
      blocks.push({ language: open.language, text: open.text.join("\n"), line: open.line });
      open = undefined;
    } else {
      open.text.push(text);
    }
  });
  return blocks;
}

/** Targets of inline links that point into the repository, without their anchors. */
export function relativeLinks(markdown: string): string[] {
  const prose = markdown.replaceAll(/^\s*(`{3,})[\s\S]*?^\s*\1/gm, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target.replace(/#.*$/, ""))
    .filter((target) => target !== "" && !/^[a-z]+:/.test(target));
}

/** Names of npm scripts that a page tells the reader to run. */
export function npmScripts(markdown: string): string[] {
  return [...markdown.matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)].map(
    ([, name = ""]) => name,
  );
}
