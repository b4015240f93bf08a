/** What is read and written of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly main?: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | Conditions>>;
  readonly typesVersions?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly files?: readonly string[];
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

interface Conditions {
  readonly types: string;
  readonly default: string;
}

/** Folder of the compiled package; it mirrors the folders of the sources. */
export const DIST = "dist";

const inDist = (file: string): string => `./${DIST}/${file.replace(/^\.\//, "")}`;
const withExtension = (file: string, extension: string): string =>
  inDist(file).replace(/\.[jt]s$/, extension);

/**
 * The manifest that is published: what led to TypeScript leads to the compiled file, with its types,
 * since Node strips no types below `node_modules`.
 *
 * @param entryPoints Values for the `*` of an export with a pattern, one export for each.
 */
export function publishedManifest(
  manifest: Manifest,
  entryPoints: readonly string[],
  files: readonly string[],
): Manifest {
  const { devDependencies: _development, main, bin, exports, ...rest } = manifest;
  const entries = Object.entries(exports ?? {}).flatMap(([subpath, file]) =>
    subpath.includes("*")
      ? entryPoints.map((entry) => [subpath.replace("*", entry), starred(file, entry)] as const)
      : [[subpath, file] as const],
  );
  const compiled = entries.map(([subpath, file]) => [subpath, conditionsOf(file)] as const);
  return {
    ...rest,
    ...(main === undefined ? {} : { main: withExtension(main, ".js") }),
    ...(bin === undefined ? {} : { bin: mapValues(bin, (file) => withExtension(file, ".js")) }),
    ...(exports === undefined ? {} : { exports: Object.fromEntries(compiled) }),
    ...(exports === undefined ? {} : { typesVersions: { "*": legacyTypes(compiled) } }),
    files,
  };
}

function starred(file: string | Conditions, entry: string): string | Conditions {
  return typeof file === "string" ? file.replace("*", entry) : file;
}

function conditionsOf(file: string | Conditions): string | Conditions {
  return typeof file === "string" && file.endsWith(".ts")
    ? { types: withExtension(file, ".d.ts"), default: withExtension(file, ".js") }
    : file;
}

/** For `moduleResolution: node`, the default of Pulumi's templates, which reads no `exports`. */
function legacyTypes(entries: readonly (readonly [string, string | Conditions])[]) {
  return Object.fromEntries(
    entries.flatMap(([subpath, file]) =>
      typeof file === "string" ? [] : [[subpath.replace(/^\.\//, ""), [file.types]]],
    ),
  );
}

function mapValues(values: Readonly<Record<string, string>>, change: (value: string) => string) {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}
