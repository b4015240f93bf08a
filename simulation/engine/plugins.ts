import { chmod, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { compileCacheFolder } from "../../toolchain/cache.ts";
import { simulatedClouds } from "../providers/index.ts";
import { sdkVersion } from "../sdk-shapes/load.ts";

const providers = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "providers");

export interface InstalledPlugin {
  readonly name: string;
  /** Version of the SDK installed here, which is what its programs ask the engine for. */
  readonly version: string;
  /** The executable that the engine starts. */
  readonly file: string;
}

/**
 * Puts the simulated clouds into a PULUMI_HOME, where an engine finds them instead of the real
 * plugins. The engine's environment has to name the folder of their world in SIMULATION_STATE.
 *
 * @param pulumiHome A folder of the caller's own: never the user's home, whose plugins are real.
 * @param mains Programs to serve a provider with in the place of the simulated one, by its name.
 */
export async function installSimulatedPlugins(
  pulumiHome: string,
  mains: Readonly<Record<string, string>> = {},
): Promise<readonly InstalledPlugin[]> {
  return Promise.all(
    simulatedClouds.map(async ({ name, sdk }) => {
      const version = sdkVersion(sdk);
      const folder = path.join(pulumiHome, "plugins", `resource-${name}-v${version}`);
      const file = path.join(folder, `pulumi-resource-${name}`);
      await mkdir(folder, { recursive: true });
      await writeFile(file, launcher(mains[name] ?? path.join(providers, name, "main.ts")));
      await chmod(file, 0o755);
      return { name, version, file };
    }),
  );
}

/** A script that runs a TypeScript file on the Node that runs this, compiled once for a machine. */
function launcher(main: string): string {
  return [
    "#!/bin/sh",
    `export NODE_COMPILE_CACHE=${quoted(compileCacheFolder())}`,
    `exec ${quoted(process.execPath)} ${quoted(main)} "$@"`,
    "",
  ].join("\n");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
