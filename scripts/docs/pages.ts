import path from "node:path";

/** A page of the repository, by its path from the root. */
export interface SourcePage {
  readonly file: string;
  readonly text: string;
}

/** Where a page of the repository stands in the site: README.md of a folder is that folder's page. */
export function siteFile(file: string): string {
  return file.replace(/(^|\/)README\.md$/, "$1index.md");
}

const FENCE = /^(```|~~~)/;
const LINK = /\[((?:[^\][]|\[[^\]]*\])*)\]\(([^()\s]+)\)/g;

/**
 * A page as the site has it. Links to other pages stay; files of the repository that are none are
 * told by their path. What only readers of the source need, such as names of example files in
 * comments, is left out.
 *
 * @param pages Paths of all pages of the site.
 */
export function sitePage({ file, text }: SourcePage, pages: ReadonlySet<string>): string {
  let fenced = false;
  const lines = text.split("\n").flatMap((line) => {
    fenced = FENCE.test(line) ? !fenced : fenced;
    if (fenced || FENCE.test(line)) {
      return [line];
    }
    return /^<!--.*-->$/.test(line)
      ? []
      : [line.replace(LINK, (...found) => link(found, file, pages))];
  });
  return lines.join("\n");
}

function link(
  [whole, label = "", target = ""]: readonly string[],
  file: string,
  pages: ReadonlySet<string>,
): string {
  if (/^([a-z]+:|#)/.test(target)) {
    return whole ?? "";
  }
  const [to = "", anchor] = target.split("#");
  const found = path.posix.join(path.posix.dirname(file), to);
  const page = [found, `${found.replace(/\/$/, "")}/README.md`].find((one) => pages.has(one));
  if (page === undefined) {
    return label.startsWith("`") || label === path.basename(to) ? label : `${label} (\`${found}\`)`;
  }
  const relative = path.posix.relative(path.posix.dirname(file), siteFile(page));
  return `[${label}](${relative.startsWith(".") ? relative : `./${relative}`}${anchor === undefined ? "" : `#${anchor}`})`;
}
