import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { openWorkspace } from "./engine/index.ts";
import { cloudPrograms } from "./testing/programs.ts";
import { formatted, record, recordingFile } from "./testing/recording.ts";

/**
 * Records what this version leaves behind, for the versions to come: run it at each release, and
 * commit what it writes. `simulation/upgrade.engine.test.ts` holds every later version to it.
 * Names of programs as arguments record those alone: for components that a version brings anew.
 */
const manifest = path.resolve(import.meta.dirname, "..", "package.json");
const { version } = JSON.parse(await readFile(manifest, "utf8")) as { version: string };
const asked = process.argv.slice(2);
for (const [program, options] of Object.entries(cloudPrograms)) {
  if (asked.length > 0 && !asked.includes(program)) {
    continue;
  }
  await using workspace = await openWorkspace(options);
  const result = await workspace.up();
  if (!result.succeeded) {
    throw new Error(`${program} could not be deployed:\n${result.terminal}`);
  }
  const file = recordingFile(version, program);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, formatted(await record(version, program, workspace)));
  process.stdout.write(`${path.relative(process.cwd(), file)}\n`);
}
