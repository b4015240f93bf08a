import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { World } from "../cloud/world.ts";
import type { StackExport, Workspace } from "../engine/index.ts";

/** What a version left behind: the engine's state of a stack, and the clouds under it. */
export interface Recording {
  readonly version: string;
  /** Name of a program of `cloudPrograms`. */
  readonly program: string;
  readonly state: StackExport;
  readonly world: World;
}

const folder = path.resolve(import.meta.dirname, "..", "recorded");

/** Where a recording is kept. */
export const recordingFile = (version: string, program: string): string =>
  path.join(folder, version, `${program}.json`);

/** Every recording that is kept, oldest version first. */
export function recordings(): readonly Recording[] {
  return readdirSync(folder)
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .flatMap((version) =>
      readdirSync(path.join(folder, version))
        .sort()
        .map(
          (file) => JSON.parse(readFileSync(path.join(folder, version, file), "utf8")) as Recording,
        ),
    );
}

/** What says when or from which line something was made. */
const PASSING = new Set(["created", "modified", "sourcePosition", "stackTrace", "manifest"]);

/** What a workspace holds, without times and places. */
export async function record(
  version: string,
  program: string,
  workspace: Workspace,
): Promise<Recording> {
  const [state, world] = await Promise.all([workspace.exportDeployment(), workspace.world.read()]);
  const objects = [...world.objects].sort((a, b) => (a.urn < b.urn ? -1 : 1));
  return withoutPassing({ version, program, state, world: { ...world, objects } }) as Recording;
}

function withoutPassing(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutPassing);
  }
  if (value === null || typeof value !== "object") {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !PASSING.has(key))
      .map(([key, inner]) => [key, withoutPassing(inner)]),
  );
}

/** A recording as a file: a line a resource, so that a change can be reviewed. */
export function formatted({ version, program, state, world }: Recording): string {
  const { resources = [], ...deployment } = state.deployment;
  const lines = (things: readonly unknown[]): string =>
    things.map((thing) => `\n      ${JSON.stringify(thing)}`).join(",");
  const { objects, ...rest } = world;
  return `{
  "version": ${JSON.stringify(version)},
  "program": ${JSON.stringify(program)},
  "state": {
    "version": ${state.version},
    "deployment": { "resources": [${lines(resources)}
    ], ${JSON.stringify(deployment).slice(1)}
  },
  "world": { "objects": [${lines(objects)}
    ], ${JSON.stringify(rest).slice(1)}
}
`;
}
