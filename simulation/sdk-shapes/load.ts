import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { cacheFolder as userCacheFolder } from "../../toolchain/cache.ts";
import type { ObjectShape, Shape, ShapeTable } from "./shape.ts";

const require = createRequire(import.meta.url);

/** Rises when the table's form changes, so that an older cache is not taken for a newer one. */
const FORMAT = 1;

/** A resource of an SDK and where its arguments are declared. */
export interface ShapedResource {
  readonly type: string;
  /** Declaration file inside the package without ending, for example `core/v1/service`. */
  readonly file: string;
  /** Interface in that file, for example `ServiceArgs`. */
  readonly args: string;
}

export interface SdkShapes {
  readonly version: string;
  readonly table: ShapeTable;
}

/** Version of an installed SDK, which is the version that its plugin must have at least. */
export function sdkVersion(packageName: string): string {
  return JSON.parse(readFileSync(path.join(sdkFolder(packageName), "package.json"), "utf8"))
    .version;
}

/** The name under which a resource's own arguments stand in the table. */
export const argsName = (resource: ShapedResource): string => `args:${resource.type}`;

/**
 * What an installed SDK's types say about some resources. Reading them takes about a second for
 * the largest SDK, so the outcome is kept per version in the user's cache folder.
 */
export async function loadShapes(
  packageName: string,
  resources: readonly ShapedResource[],
  cacheFolder = path.join(userCacheFolder(), "sdk-shapes"),
): Promise<SdkShapes> {
  const version = sdkVersion(packageName);
  const wanted = createHash("sha256")
    .update(JSON.stringify([FORMAT, resources]))
    .digest("hex")
    .slice(0, 12);
  const name = packageName.replace(/[@/]+/g, "-").replace(/^-/, "");
  const file = path.join(cacheFolder, `${name}-${version}-${wanted}.json`);
  try {
    return { version, table: JSON.parse(readFileSync(file, "utf8")) as ShapeTable };
  } catch {
    // Not there, or cut short by a full disk: read the declarations again.
  }
  const table = await readShapes(packageName, resources);
  try {
    mkdirSync(cacheFolder, { recursive: true });
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(table));
    renameSync(draft, file);
  } catch {
    // A cache that cannot be written costs time, nothing else.
  }
  return { version, table };
}

async function readShapes(
  packageName: string,
  resources: readonly ShapedResource[],
): Promise<ShapeTable> {
  // The compiler is only loaded on this path: a plugin with a warm cache starts without it.
  const { interfacesOf } = await import("./declarations.ts");
  const folder = sdkFolder(packageName);
  const shared = interfacesOf(readFileSync(path.join(folder, "types", "input.d.ts"), "utf8"));
  const table: Record<string, ObjectShape> = {};
  const queue: string[] = [];
  const add = (name: string, shape: ObjectShape): void => {
    table[name] = shape;
    queue.push(...Object.values(shape).flatMap((property) => references(property.shape)));
  };
  for (const resource of resources) {
    const file = path.join(folder, `${resource.file}.d.ts`);
    const args = interfacesOf(readFileSync(file, "utf8")).get(resource.args);
    if (args === undefined) {
      throw new Error(`${packageName}: ${file} declares no interface ${resource.args}`);
    }
    add(argsName(resource), args);
  }
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const shape = shared.get(name);
    if (table[name] === undefined && shape !== undefined) {
      add(name, shape);
    }
  }
  return table;
}

function references(shape: Shape): string[] {
  switch (shape.kind) {
    case "object":
      return [shape.name];
    case "list":
    case "map":
      return references(shape.of);
    case "union":
      return shape.of.flatMap(references);
    default:
      return [];
  }
}

function sdkFolder(packageName: string): string {
  return path.dirname(require.resolve(`${packageName}/package.json`));
}
