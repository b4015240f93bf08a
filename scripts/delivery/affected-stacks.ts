import path from "node:path";

/** The sources that a stack's program can be made of, as they are after the change. */
export interface Sources {
  /** Every file of the repository, from its root, with `/`. */
  readonly files: ReadonlySet<string>;
  read(file: string): string;
}

export interface Stack {
  readonly name: string;
  /** `udp:platform` of its file. */
  readonly platform: string;
}

/** Folders whose data files, such as templates and rules, a program may read while it runs. */
const DATA = /^(components|infra|stacks|udp-director\/alerts)\/(?!.*\.(ts|md)$)/;
/** What every program stands on. */
const EVERYTHING = /^(Pulumi\.yaml|package(-lock)?\.json|[^/]+\/package\.json|tsconfig\.json)$/;
const STACK_FILE = /^Pulumi\.([^./]+)\.yaml$/;
/** Specifiers of imports and exports, static and dynamic. Those of types alone load nothing. */
const IMPORT =
  /\b(?:import|export)\s+(type\s)?[^;"']*?\bfrom\s*["']([^"']+)["']|\bimport\s*\(?\s*["']([^"']+)["']/g;
/** Files of the program that choose among platforms. */
const CHOOSING = ["stacks/program.ts", "stacks/settings/settings.ts", "stacks/settings/index.ts"];
/** Own packages, and where what they export lies. */
const PACKAGES: readonly (readonly [RegExp, string])[] = [
  [/^pulumi-udp\/(.+)$/, "components/$1/index.ts"],
  [/^udp-director\/config-schema$/, "udp-director/src/config/schema.ts"],
];

/** The stacks of a repository. */
export function stacksOf({ files, read }: Sources): readonly Stack[] {
  return [...files]
    .flatMap((file) => {
      const name = STACK_FILE.exec(file)?.[1];
      const platform = /^\s+udp:platform:\s*["']?([\w-]+)/m;
      return name === undefined ? [] : [{ name, platform: platform.exec(read(file))?.[1] ?? "" }];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Stacks that a change may alter: those whose file changed, and those whose program loads a file
 * that did. Tests, pages and tools alter none.
 *
 * @param changed Paths from the repository's root, deleted ones included.
 */
export function affectedStacks(changed: readonly string[], sources: Sources): readonly Stack[] {
  const stacks = stacksOf(sources);
  if (changed.some((file) => EVERYTHING.test(file) || DATA.test(file))) {
    return stacks;
  }
  return stacks.filter(({ name, platform }) => {
    const loaded = programOf(platform, sources);
    return changed.some((file) => file === `Pulumi.${name}.yaml` || loaded.has(file));
  });
}

/**
 * Files that decide what the program of a platform does. Where it chooses by the platform, the
 * others' settings and resources are left out: they cannot alter it.
 */
export function programOf(platform: string, sources: Sources): ReadonlySet<string> {
  const loaded = new Set<string>();
  const queue = ["stacks/index.ts"];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (loaded.has(file) || !sources.files.has(file)) {
      continue;
    }
    loaded.add(file);
    const chooses = CHOOSING.includes(file);
    queue.push(
      ...importsOf(file, sources.read(file)).filter(
        (target) => !chooses || !isOthers(target, platform, sources),
      ),
    );
    // A component's own provider is a program that the engine starts.
    const [folder, component] = file.split("/");
    if (folder === "components") {
      queue.push(`components/${component}/plugin/main.ts`);
    }
  }
  return loaded;
}

/** True for settings and resources of another platform, by those that the program knows. */
function isOthers(file: string, platform: string, { read }: Sources): boolean {
  const name = /^stacks\/(?:platforms|settings)\/([^/]+)\.ts$/.exec(file)?.[1];
  return (
    name !== undefined && name !== platform && read("stacks/program.ts").includes(`case "${name}"`)
  );
}

/** Paths that a file imports from; packages of others are left out. */
export function importsOf(file: string, text: string): readonly string[] {
  return [...text.matchAll(IMPORT)].flatMap(([, type, from, bare]) => {
    const specifier = from ?? bare ?? "";
    if (type !== undefined) {
      return [];
    }
    if (specifier.startsWith(".")) {
      return [path.posix.join(path.posix.dirname(file), specifier)];
    }
    const own = PACKAGES.find(([pattern]) => pattern.test(specifier));
    return own === undefined ? [] : [specifier.replace(...own)];
  });
}
