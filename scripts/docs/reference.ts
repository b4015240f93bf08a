import { globSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import {
  Application,
  Comment,
  CommentTag,
  type Context,
  Converter,
  ReflectionKind,
  type TypeDocOptions,
} from "typedoc";
import type { PluginOptions } from "typedoc-plugin-markdown";
import { examplePrograms } from "./examples.ts";

const root = path.resolve(import.meta.dirname, "../..");
const library = path.join(root, "components");

/** What the reference says of Pulumi's own types: their names. */
const SDK = `declare module "@pulumi/pulumi" {
  export interface Output<T> {}
  export type Input<T> = T | Promise<T> | Output<T>;
  export interface ComponentResourceOptions {}
  export interface CustomResourceOptions {}
  export class ComponentResource {}
  export class CustomResource {}
}
`;

/**
 * Writes the API reference of the library as Markdown: a folder for each entry point, a page for
 * each class, interface and function, from the doc comments; each component with a program that
 * tests run.
 *
 * @param target Folder of the pages, which are written over.
 * @param work Folder for what the generator wants as files.
 */
export async function writeReference(target: string, work: string): Promise<void> {
  const tsconfig = path.join(work, "tsconfig.json");
  const sdk = path.join(work, "sdk.d.ts");
  const files = globSync("*/**/*.ts", {
    cwd: library,
    exclude: (name) => /\.test\.ts$|^(testing|examples|node_modules)$/.test(name),
  }).map((file) => path.join(library, file));
  // Nothing outside of the library is read, such as the SDKs of the clouds: it takes a tenth of the
  // time, and pages tell what a component has and not what every resource of Pulumi has.
  const settings = {
    extends: path.join(root, "tsconfig.json"),
    compilerOptions: { noResolve: true, types: [] },
    ...{ files: [sdk, ...files], include: [] },
  };
  await mkdir(work, { recursive: true });
  await writeFile(sdk, SDK);
  await writeFile(tsconfig, JSON.stringify(settings));
  const options: Partial<TypeDocOptions & PluginOptions> = {
    tsconfig,
    plugin: ["typedoc-plugin-markdown"],
    entryPoints: globSync("*/index.ts", { cwd: library })
      .toSorted()
      .map((file) => path.join(library, file)),
    ...{ out: target, readme: "none", name: "API reference", basePath: library },
    ...{ skipErrorChecking: true, disableSources: true, excludePrivate: true },
    pageTitleTemplates: { member: ({ name }) => name },
    ...{ hidePageHeader: true, hideBreadcrumbs: true, entryFileName: "index" },
    ...{ parametersFormat: "table", interfacePropertiesFormat: "table", logLevel: "Error" },
  };
  const app = await Application.bootstrapWithPlugins(options as Partial<TypeDocOptions>);
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, addExamples);
  const project = await app.convert();
  if (project === undefined) {
    throw new Error("the library's sources could not be read");
  }
  await app.generateOutputs(project);
  for (const file of globSync("**/*.md", { cwd: target })) {
    const page = path.join(target, file);
    await writeFile(page, withoutMarkup(await readFile(page, "utf8")));
  }
}

/** Rows of tables have anchors in HTML, which pages are not read with, and links to them. */
function withoutMarkup(text: string): string {
  return text
    .replaceAll(/<a id="[^"]*"><\/a> ?/g, "")
    .replaceAll(/(\.md)?#property-[\w-]+\)/g, "$1)");
}

/** Gives each class the shortest program that makes one. */
function addExamples({ project }: Context): void {
  const programs = examplePrograms();
  for (const reflection of project.getReflectionsByKind(ReflectionKind.Class)) {
    const program = programs.find(({ makes }) => makes.has(reflection.name));
    if (program !== undefined) {
      reflection.comment ??= new Comment();
      const text = `\`\`\`ts\n${program.text}\`\`\``;
      reflection.comment.blockTags.push(new CommentTag("@example", [{ kind: "text", text }]));
    }
  }
}
