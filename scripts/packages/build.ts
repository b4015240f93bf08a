import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { DIST, type Manifest, publishedManifest } from "./manifest.ts";

const root = path.resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

/** Folders of the packages, each before those that import it. */
export const PACKAGE_FOLDERS = ["udp-director", "components", "plugin", "policy"] as const;

/** Development's own: neither compiled nor published. */
const LEFT_OUT =
  /\.test\.ts$|(^|\/)(testing|node_modules|bench|soak|image|alerts)(\/|$)|Dockerfile$/;
/** Published as they are, for people to read. */
const EXAMPLES = /(^|\/)examples(\/|$)/;

export interface Packed {
  readonly name: string;
  readonly version: string;
  /** Absolute path of the tarball. */
  readonly tarball: string;
}

/**
 * Packs what others install: JavaScript with types and source maps in `dist/`, and the sources that
 * the maps lead to.
 *
 * @param target Folder for the tarballs; made if missing.
 * @throws Error with the compiler's or npm's words if either fails.
 */
export async function packAll(target: string): Promise<readonly Packed[]> {
  const stage = await mkdtemp(path.join(tmpdir(), "pulumi-udp-pack-"));
  try {
    await mkdir(target, { recursive: true });
    await symlink(path.join(root, "node_modules"), path.join(stage, "node_modules"));
    const manifests = new Map<string, Manifest>();
    for (const folder of PACKAGE_FOLDERS) {
      manifests.set(folder, await stagePackage(stage, folder));
    }
    const packed: Packed[] = [];
    for (const [folder, manifest] of manifests) {
      await compile(stage, folder, [...manifests.entries()]);
      await copyBeside(stage, folder);
      packed.push(await npmPack(path.join(stage, folder), manifest, target));
    }
    return packed;
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** Copies a package's files and writes the manifest that is published. */
async function stagePackage(stage: string, folder: string): Promise<Manifest> {
  const from = path.join(root, folder);
  const to = path.join(stage, folder);
  const keep = (file: string) => !LEFT_OUT.test(path.relative(from, file));
  await cp(from, to, { recursive: true, filter: keep });
  await cp(path.join(root, "LICENSE"), path.join(to, "LICENSE"));
  const manifest = publishedManifest(
    JSON.parse(readFileSync(path.join(from, "package.json"), "utf8")),
    globSync("*/index.ts", { cwd: to }).map(path.dirname).toSorted(),
    // Everything that was staged: what is left out is left out by name, above.
    ["**/*"],
  );
  await writeFile(path.join(to, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return manifest;
}

/** Types are checked by `npm run check`; here they are only written down. */
async function compile(
  stage: string,
  folder: string,
  packages: readonly (readonly [string, Manifest])[],
): Promise<void> {
  const config = path.join(stage, `${folder}.json`);
  const text = {
    extends: path.join(root, "tsconfig.json"),
    compilerOptions: {
      ...{ noEmit: false, noCheck: true, declaration: true, sourceMap: true, declarationMap: true },
      ...{ rootDir: folder, outDir: path.join(folder, DIST) },
      typeRoots: [path.join(root, "node_modules/@types")],
      paths: Object.fromEntries(packages.flatMap(([other, manifest]) => typesOf(other, manifest))),
    },
    include: [folder],
    exclude: [`${folder}/${DIST}`, "**/examples", "**/*.d.ts", "**/admin/page"],
  };
  await writeFile(config, JSON.stringify(text));
  const tsc = path.join(root, "node_modules/typescript/bin/tsc");
  await run(process.execPath, [tsc, "-p", config]).catch((error) => {
    throw new Error(`${folder} does not compile:\n${error.stdout}${error.stderr}`);
  });
}

/** Leads the compiler to a package's types, not to its sources, which are another compilation. */
function typesOf(folder: string, { name, exports = {} }: Manifest): [string, string[]][] {
  return Object.entries(exports).flatMap(([subpath, file]) =>
    typeof file === "string"
      ? []
      : [[path.posix.join(name, subpath), [`./${path.posix.join(folder, file.types)}`]]],
  );
}

/** What the compiler does not carry over: plugins' launchers, pages, pictures. */
async function copyBeside(stage: string, folder: string): Promise<void> {
  const from = path.join(stage, folder);
  const beside = globSync("**/*", { cwd: from, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(from, path.join(entry.parentPath, entry.name)))
    .filter((file) => path.dirname(file) !== "." && !file.startsWith(`${DIST}/`))
    .filter(
      (file) => !EXAMPLES.test(file) && (/admin\/page\//.test(file) || !/\.[jt]s$/.test(file)),
    );
  for (const file of beside) {
    await cp(path.join(from, file), path.join(from, DIST, file));
  }
}

async function npmPack(
  folder: string,
  { name, version }: Manifest,
  target: string,
): Promise<Packed> {
  const npm = process.env.npm_execpath;
  const [program, args] = npm ? [process.execPath, [npm]] : ["npm", []];
  await run(program, [...args, "pack", "--ignore-scripts", "--pack-destination", target], {
    cwd: folder,
  });
  return { name, version, tarball: path.join(target, `${name}-${version}.tgz`) };
}
