import { globSync, readFileSync } from "node:fs";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { build, type DefaultTheme, type UserConfig } from "vitepress";
import { siteFile, sitePage } from "./pages.ts";
import { writeReference } from "./reference.ts";

const root = path.resolve(import.meta.dirname, "../..");

const PAGES =
  "{README,CONTRIBUTING,CHANGELOG,SECURITY,docs/**/*,examples/**/*,{components,plugin,policy,udp-director,simulation}/README}.md";

/**
 * Builds the documentation as files that any web server can serve: every page of the repository,
 * the API reference, and a search over both that runs in the browser. Nothing is loaded from
 * elsewhere, then or now.
 *
 * @param folder For sources (`source/`) and the site (`site/`); both are written over.
 * @returns Folder of the site.
 */
export async function buildSite(folder: string): Promise<string> {
  const source = path.join(folder, "source");
  const outDir = path.join(folder, "site");
  await rm(folder, { recursive: true, force: true });
  await mkdir(source, { recursive: true });
  // Pages become components of Vue, which is looked for from where they are; and settings of ours
  // for TypeScript mean nothing to them.
  await symlink(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  await writeFile(path.join(source, "tsconfig.json"), "{}");
  const files = globSync(PAGES, { cwd: root, exclude: (name) => name === "node_modules" });
  const known = new Set(files);
  for (const file of files) {
    const target = path.join(source, siteFile(file));
    await mkdir(path.dirname(target), { recursive: true });
    const text = readFileSync(path.join(root, file), "utf8");
    await writeFile(target, sitePage({ file, text }, known));
  }
  await writeReference(path.join(source, "reference"), path.join(folder, "work"));
  await mkdir(path.join(source, ".vitepress"), { recursive: true });
  const config = JSON.stringify(siteConfig(files, outDir, componentsOf(source)));
  await writeFile(
    path.join(source, ".vitepress/config.mjs"),
    `const config = ${config};
    config.markdown.anchor = { slugify: ${githubAnchor} };
    export default config;`,
  );
  await build(source);
  return outDir;
}

/** The anchor of a heading as code hosts make it, so that links of the pages hold in both places. */
export function githubAnchor(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{Pc}\s-]/gu, "")
    .replace(/ /g, "-");
}

/** Pages of the reference that are classes, by entry point. */
function componentsOf(source: string): DefaultTheme.SidebarItem[] {
  const classes = globSync("reference/*/classes/*.md", { cwd: source }).toSorted();
  return [...new Set(classes.map((file) => file.split("/")[1] ?? ""))].map((entry) => ({
    text: entry,
    link: `/reference/${entry}/`,
    collapsed: true,
    items: classes
      .filter((file) => file.split("/")[1] === entry)
      .map((file) => ({ text: path.basename(file, ".md"), link: `/${file}` })),
  }));
}

function siteConfig(
  files: readonly string[],
  outDir: string,
  components: DefaultTheme.SidebarItem[],
): UserConfig<DefaultTheme.Config> {
  const sidebar = (title: string, pattern: RegExp) => ({
    text: title,
    collapsed: true,
    items: files
      .filter((file) => pattern.test(file))
      .toSorted()
      .map((file) => ({
        text: titleOf(file),
        link: `/${siteFile(file)}`,
      })),
  });
  return {
    title: "pulumi-udp",
    description: "UDP behind a load balancer, on every platform",
    outDir,
    // No picture in the tab, rather than a request for one that is not there.
    head: [["link", { rel: "icon", href: "data:," }]],
    // The index of the search is one file.
    vite: { build: { chunkSizeWarningLimit: 8000 } },
    // Pages are written as they are read in the repository: `<name>` is no markup.
    markdown: { html: false },
    themeConfig: {
      search: { provider: "local" },
      nav: [
        { text: "Start", link: "/" },
        { text: "API reference", link: "/reference/" },
        { text: "Settings", link: "/docs/settings" },
      ],
      sidebar: [
        sidebar("Platforms", /^docs\/platforms\//),
        sidebar("Guides", /^docs\/(?!spec-)[^/]+$/),
        sidebar("Packages", /^[^/]+\/README\.md$/),
        { text: "API reference", link: "/reference/", collapsed: true, items: components },
        sidebar("The documents, line by line", /^docs\/spec-/),
        sidebar("Decisions", /^docs\/decisions\//),
        sidebar("Project", /^(CONTRIBUTING|CHANGELOG|SECURITY)\.md$/),
      ],
      outline: "deep",
    },
  };
}

function titleOf(file: string): string {
  const heading = /^# (.*)$/m.exec(readFileSync(path.join(root, file), "utf8"))?.[1];
  return heading ?? file;
}
